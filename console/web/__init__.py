"""The admin port: health, metrics, API and the overview page.

app        addresses and what answers them
audited    what is written into the audit log before it happens; ``acts`` shows it
guard      who may ask: no other host's name, no other site's form
instance   what the console process knows: the last status, the table, the counters
evidence   the store, read in threads and at most once a second
health     status -> ready or not, degraded or not, and why
openapi    the API in OpenAPI's words
page       the overview as HTML; ``html`` escapes, ``style`` is its one style sheet
problem    errors as application/problem+json
"""
