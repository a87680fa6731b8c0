"""All input and output: connections, requests on them, and replies as they arrive."""
