Feature: A voyage resumes after a restart
  What was accepted is flown, whatever happens to the process that accepted it.

  Background:
    Given the waypoints
      | symbol   | x   | y | sells fuel |
      | X1-AB-A1 | 0   | 0 | yes        |
      | X1-AB-B2 | 300 | 0 | yes        |
      | X1-AB-C3 | 600 | 0 | no         |
    And the ship ACE-1 is docked at X1-AB-A1 with 400 of 400 fuel

  Scenario: In mid-flight
    Given ACE-1 is on its way to X1-AB-C3
    When the service is restarted
    Then the voyage completes
    And ACE-1 is at X1-AB-C3
    And it refuelled once, at X1-AB-B2, for 216 credits

  Scenario Outline: The answer to a call is lost
    Given the game will lose its next answer to <call>
    When I navigate ACE-1 to X1-AB-C3
    Then the voyage completes
    And the game was paid for one refuelling

    Examples:
      | call     |
      | ORBIT    |
      | NAVIGATE |
      | DOCK     |
      | REFUEL   |

  Scenario: Everything is down for a while
    Given ACE-1 is on its way to X1-AB-C3
    When the game does not answer for a second
    Then the voyage completes
