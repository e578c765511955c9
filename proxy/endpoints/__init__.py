"""The endpoints of a backend: whose turn it is, who is well, who is left alone, and where a name leads.

usable    takes requests: neither found ill by the active checks nor ejected
ejected   left alone for a while, because requests failed there one after the other
check     a request of our own that asks an endpoint how it is
warming   came back a moment ago, and takes its share again little by little
"""
