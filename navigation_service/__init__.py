"""Ships, system graphs and voyages: asks the routing service for plans and flies them, safe against any restart."""
