"""Off the live path: nothing here can change what the client receives, or when. It may be slow, fail, or be switched off.

A captured exchange goes through these rooms, in this order:

    receive   read frames from the tap, keep a bounded queue
    replay    send the copy to the other side
    compare   normalise both answers, find the differences; on one, ask the control once more
    record    redact, count, keep
    judge     evidence in, readiness out

Nothing here imports anything of ``proxy`` but ``proxy.model``, and nothing of ``console``.
"""
