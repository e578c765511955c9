"""From the text of routes.yaml to a table, or to all that is wrong with it.

load       the whole way: text -> Table, or BadTable with every mistake
reading    YAML events -> plain data that knows where each value stood
scalars    durations, sizes, shares and ${VARIABLES}
grammar    which keys there are and what each may hold (pydantic)
wording    pydantic's errors in our words, with the key that was meant
address    a backend's URL -> Endpoint
regex      is a regex safe to run on what strangers send?
compile    checked data -> the values of proxy.model.table
checks     what the grammar cannot see: names, weights, stages, compare paths
ties       two routes that claim the same request with equal right
coverage   routes that no request can ever reach
schema     the grammar as JSON Schema, for editors
"""
