"""The contracts of the three services: .proto files and the Python code generated from them."""
