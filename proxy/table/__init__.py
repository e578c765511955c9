"""From the text of routes.yaml to a table, or to all that is wrong with it. In the order of the way:

load          the whole way: text -> Table, or BadTable with every mistake
reading       text -> Document; builder follows YAML's events, words says what an unquoted word means
document      the data of one text, and where each value of it stood
grammar       which keys there are (pydantic); values: what one value may be; scalars, address: how it is written
wording       the grammar's errors in our words, with the key that was meant
pruning       leaves out what is wrong, so that the rest can still be checked
checks        what the grammar cannot see: names, weights, stages; match_checks: paths, hosts, regexes
regex         is a regex safe to run on what strangers send? automaton: the regex as states
compile       keys -> the values of proxy.model.table
ties          two routes that claim the same request with equal right
coverage      routes that no request can ever reach
mistakes      what is wrong, where, and what to write instead; how it is shown
schema        the grammar as JSON Schema, for editors
"""
