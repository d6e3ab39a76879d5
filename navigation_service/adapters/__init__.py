"""The ports, as SQL tables, HTTP and gRPC clients satisfy them."""
