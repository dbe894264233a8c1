"""The protocol without I/O: a request becomes an operation and its parameters, a result a response."""
