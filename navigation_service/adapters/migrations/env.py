from navigation_service.adapters.tables import metadata
from service_chassis.migrations import run_environment

run_environment(metadata)
