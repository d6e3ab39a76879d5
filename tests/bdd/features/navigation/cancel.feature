Feature: Cancel a voyage

  Background:
    Given the waypoints
      | symbol   | x   | y | sells fuel |
      | X1-AB-A1 | 0   | 0 | yes        |
      | X1-AB-B2 | 300 | 0 | yes        |
      | X1-AB-C3 | 600 | 0 | no         |
    And the ship ACE-1 is docked at X1-AB-A1 with 400 of 400 fuel
    And ACE-1 is on its way to X1-AB-C3

  Scenario: In mid-flight
    When I cancel the voyage
    Then the voyage is cancelled
    And ACE-1 flies on to X1-AB-B2
    And ACE-1 is free

  Scenario: A new voyage may begin before the ship has arrived
    When I cancel the voyage
    And I navigate ACE-1 to X1-AB-A1
    Then the voyage completes
    And ACE-1 is at X1-AB-A1

  Scenario: Twice
    When I cancel the voyage
    And I cancel the voyage
    Then the voyage is cancelled

  Scenario: Too late
    Given the voyage has completed
    When I cancel the voyage
    Then I am refused with VOYAGE_ENDED
