Feature: Tours
  One ship visits many waypoints, once or round after round.

  Background:
    Given the waypoints
      | symbol   | x    | y | sells fuel |
      | X1-AB-A1 | 0    | 0 | yes        |
      | X1-AB-B2 | 300  | 0 | yes        |
      | X1-AB-C3 | 600  | 0 | yes        |
      | X1-AB-D4 | 20   | 0 | no         |
      | X1-AB-E5 | 5000 | 0 | no         |
      | X1-AB-F6 | 6000 | 0 | no         |
    And the ship ACE-1 is docked at X1-AB-A1 with 400 of 400 fuel

  Scenario: In the best order
    When ACE-1 tours X1-AB-C3, X1-AB-D4, X1-AB-B2 in the best order
    Then the voyage completes
    And it visited X1-AB-D4, X1-AB-B2, X1-AB-C3

  Scenario: In the order given
    When ACE-1 tours X1-AB-C3, X1-AB-B2 in the order given
    Then the voyage completes
    And it visited X1-AB-C3, X1-AB-B2
    And ACE-1 is at X1-AB-B2

  Scenario: And home again
    When ACE-1 tours X1-AB-B2, X1-AB-D4 in the best order and returns
    Then the voyage completes
    And ACE-1 is at X1-AB-A1

  Scenario: Already everywhere
    When ACE-1 tours X1-AB-A1 in the best order and returns
    Then the voyage has completed at once, with nothing to fly

  Scenario: A plan alone
    When I ask for the plan of a tour of ACE-1 over X1-AB-B2, X1-AB-D4
    Then I see the order X1-AB-D4, X1-AB-B2
    And ACE-1 is free

  Scenario: Unreachable stops are named
    When ACE-1 tours X1-AB-E5, X1-AB-B2, X1-AB-F6 in CRUISE alone
    Then I am refused with NO_ROUTE
    And the refusal names X1-AB-E5, X1-AB-F6

  Scenario: A tour of one waypoint cannot repeat
    When ACE-1 tours X1-AB-B2 round after round
    Then I am refused with INVALID_FIELD
    And ACE-1 is free

  Scenario: A foreign hand on the way
    Given ACE-1 is on a tour of X1-AB-D4, X1-AB-B2, X1-AB-C3 in the best order
    When somebody moves ACE-1 to X1-AB-C3
    Then the voyage completes
    And it was planned anew from X1-AB-C3
    And it visited X1-AB-C3, X1-AB-B2, X1-AB-D4

  Scenario: The service restarts in mid-tour
    Given ACE-1 is on a tour of X1-AB-D4, X1-AB-B2, X1-AB-C3 in the best order
    When the service is restarted
    Then the voyage completes
    And it visited X1-AB-D4, X1-AB-B2, X1-AB-C3

  Scenario: A standing scout tour repeats until it is cancelled
    Given ACE-1 is on a standing tour of X1-AB-D4, X1-AB-A1
    When it has completed a round
    Then its next round begins a minute after the first began
    When I cancel the voyage
    Then the voyage is cancelled
