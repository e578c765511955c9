"""Off the live path: nothing here can change what the client receives, or when. It may be slow, fail, or be switched off.

A captured exchange goes this way, in this order:

    receive   read frames from the tap, keep a bounded queue (inbox)
    replay    send the copy to the other side, changed for it (asking)
    compare/  normalise both answers, find the differences; on one, ask the control once more (classify)
    noise/    tell place by place what the control's disagreement with itself explains
    record    redact, count, keep (store/)
    judge     evidence in, readiness out: one gate a file in gates/, what counts in evidence/

Beside that way stand what people do with the result: rules/ (what rules hide, which are proposed), again/ (stored pairs, judged or
sent once more), triage (what people decided) and rendering/ (differences in deepdiff's words).

Nothing here imports anything of ``proxy`` but ``proxy.model``, and nothing of ``console``. The words: ``model``.
"""
