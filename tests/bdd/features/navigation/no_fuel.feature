Feature: Nobody sells fuel
  A marketplace is taken to sell fuel until it turns out that it does not.

  Background:
    Given the waypoints
      | symbol   | x   | y  | sells fuel  |
      | X1-AB-A1 | 0   | 0  | no          |
      | X1-AB-B2 | 300 | 0  | not really  |
      | X1-AB-C3 | 420 | 0  | no          |
    And the ship ACE-1 is docked at X1-AB-A1 with 400 of 400 fuel

  Scenario: The ship drifts on when that is allowed
    When I navigate ACE-1 to X1-AB-C3 in CRUISE, DRIFT
    Then the voyage completes
    And it was planned anew, as X1-AB-B2 sells no fuel
    And ACE-1 is at X1-AB-C3

  Scenario: The voyage ends when it is not
    When I navigate ACE-1 to X1-AB-C3 in CRUISE alone
    Then the voyage fails with NO_ROUTE
    And ACE-1 is at X1-AB-B2
    And ACE-1 is free

  Scenario: The next plan knows
    Given I navigated ACE-1 to X1-AB-C3 in CRUISE alone, in vain
    When I navigate ACE-1 to X1-AB-A1 in CRUISE alone
    Then I am refused with NO_ROUTE
