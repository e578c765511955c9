"""Takes secrets out of whatever is going to be kept (promise 7). ``Redactor`` is the way in; it is given the whole messages of a pair.

redactor   one pair's headers, targets, bodies and differences, and what is done when one cannot be redacted
names      which names are secret: always
hide       which names are secret: to the table, too; and the text that stands for a secret
patterns   what is recognised by its looks
form, json_text, markup   where names stand in forms and addresses, JSON, HTML and XML
rules      which rules of the table hold for a pair
paths      what stands at places of JSON that the table hides
spelled    how a text reads, whatever its characters are written as
known      what was hidden once is hidden wherever it stands
identity   whose a pair is
"""

from shadow.redact.redactor import HIDDEN, MAX_BODY, Redactor
from shadow.redact.rules import rules_for

__all__ = ["HIDDEN", "MAX_BODY", "Redactor", "rules_for"]
