"""The live path: everything that can change what the client receives, or when.

A request goes through these rooms, in this order:

    accept    read one request from the client, refuse what is ambiguous
    match     find the route that claims it (none: the monolith)
    choose    pick the side that answers, and the side that gets a copy
    forward   send it to the primary, stream the answer back
    tee       keep a bounded copy of both, hand it to the tap, never wait

Nothing here imports ``shadow`` or ``console``: they may die while this goes on.
"""
