"""Body types: one file each. ``BODY`` of every module here is a ``shadow.compare.body.Body``; nothing else registers it."""
