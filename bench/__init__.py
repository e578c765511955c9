"""Side-by-side measurements: one machine, one run, one command (``make bench``).

scene    what all peers have in common: ports, the origin, the table of routes, the requests
peer     one proxy under test, one file in ``peers/``: its configuration and its command line
round    every peer in turn under the same load; rounds are interleaved, so that a slow minute hits all alike
"""
