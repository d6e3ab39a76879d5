"""What every gRPC process of ours needs, and no word of the game: server start and drain, the fused interceptor,
the status table, pipeline behaviors, database sessions, channels, wire conversions and telemetry.
"""
