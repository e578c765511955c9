"""How far the differences can be trusted: a service with every kind of noise and 25 planted bugs, and what we say about it."""
