Feature: A foreign hand moves the ship
  Somebody plays with the same agent beside us. A voyage takes the ship from where it finds it.

  Background:
    Given the waypoints
      | symbol   | x   | y   | sells fuel |
      | X1-AB-A1 | 0   | 0   | yes        |
      | X1-AB-B2 | 300 | 0   | yes        |
      | X1-AB-C3 | 600 | 0   | no         |
      | X1-AB-E5 | 300 | 100 | no         |
    And the ship ACE-1 is docked at X1-AB-A1 with 400 of 400 fuel
    And ACE-1 is on its way to X1-AB-C3

  Scenario: To somewhere else
    When somebody moves ACE-1 to X1-AB-E5
    Then the voyage completes
    And it was planned anew from X1-AB-E5
    And ACE-1 is at X1-AB-C3

  Scenario: To the destination
    When somebody moves ACE-1 to X1-AB-C3
    Then the voyage completes
    And ACE-1 is at X1-AB-C3

  Scenario: Somebody refuels it
    When somebody fills the tank of ACE-1
    Then the voyage completes
    And it refuelled not at all
