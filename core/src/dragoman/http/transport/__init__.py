"""The input and output of HTTP providers: connections, requests, and replies as they arrive.

Three verbs end things here. `close` ends an object in an orderly way and may be called anywhere; `release` gives a
connection back to the pool, or closes it if it cannot be reused; `abort` drops a connection at once.
"""
