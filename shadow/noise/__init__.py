"""Where the control disagrees with itself, what that explains, and what it does not: noise is told place by place."""
