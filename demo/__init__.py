"""The five-minute story on a real application.

monolith     httpbin, a Flask application that none of us wrote, under gunicorn
new service  an aiohttp service that re-implements some of its paths, with planted faults
traffic      a few thousand requests of mixed kinds, as users would send them
story        start all, send the traffic through strangler, print the report, say what the reader sees
"""
