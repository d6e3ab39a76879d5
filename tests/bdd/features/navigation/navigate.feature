Feature: Bring a ship to a waypoint
  A captain names a ship and a destination. The ship goes there by a route that its tank allows.

  Background:
    Given the waypoints
      | symbol   | x    | y | sells fuel |
      | X1-AB-A1 | 0    | 0 | yes        |
      | X1-AB-B2 | 300  | 0 | yes        |
      | X1-AB-C3 | 600  | 0 | no         |
      | X1-AB-D4 | 5000 | 0 | no         |
    And the ship ACE-1 is docked at X1-AB-A1 with 400 of 400 fuel

  Scenario: With a refuel stop
    When I navigate ACE-1 to X1-AB-C3
    Then the voyage completes
    And ACE-1 is at X1-AB-C3
    And it refuelled once, at X1-AB-B2, for 216 credits
    And I was told that it was accepted, departed, arrived, refuelled, departed, arrived, ended

  Scenario: Already there
    When I navigate ACE-1 to X1-AB-A1
    Then the voyage has completed at once, with nothing to fly

  Scenario: Only as much fuel as there is a market for
    Given ACE-1 has 10 fuel left
    When I navigate ACE-1 to X1-AB-B2
    Then the voyage completes
    And it refuelled once, at X1-AB-A1, for 288 credits

  Scenario: No route
    When I navigate ACE-1 to X1-AB-D4 in CRUISE alone
    Then I am refused with NO_ROUTE
    And ACE-1 is free

  Scenario: Another system
    When I navigate ACE-1 to X1-ZZ-A1
    Then I am refused with OUTSIDE_SYSTEM

  Scenario: A ship has one voyage at a time
    Given ACE-1 is on its way to X1-AB-C3
    When I navigate ACE-1 to X1-AB-B2
    Then I am refused with SHIP_BUSY

  Scenario: The same request twice is one voyage
    When I navigate ACE-1 to X1-AB-C3 under the request id monday
    And I navigate ACE-1 to X1-AB-C3 under the request id monday
    Then I got the same voyage twice
