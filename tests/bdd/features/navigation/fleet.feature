Feature: Dispatch a fleet
  Waypoints are spread over ships. All of them start, or none.

  Background:
    Given the waypoints
      | symbol   | x    | y | sells fuel |
      | X1-AB-A1 | 0    | 0 | yes        |
      | X1-AB-B2 | 300  | 0 | yes        |
      | X1-AB-C3 | 600  | 0 | yes        |
      | X1-AB-D4 | 20   | 0 | no         |
      | X1-AB-E5 | 5000 | 0 | no         |
    And the ship ACE-1 is docked at X1-AB-A1 with 400 of 400 fuel
    And the ship ACE-2 is docked at X1-AB-C3 with 400 of 400 fuel

  Scenario: Each ship takes what is near
    When I dispatch ACE-1, ACE-2 over X1-AB-D4, X1-AB-B2
    Then there is a voyage of ACE-1 over X1-AB-D4
    And there is a voyage of ACE-2 over X1-AB-B2
    And all voyages complete

  Scenario: Who and what is left out is named
    Given the ship ACE-3 is docked at X1-AB-C3 with 10 of 400 fuel
    When I dispatch ACE-1, ACE-2, ACE-3 over X1-AB-D4, X1-AB-B2, X1-AB-E5 in CRUISE alone
    Then I am told that nobody reaches X1-AB-E5
    And I am told that ACE-3 stays idle
    And all voyages complete

  Scenario: A busy ship is refused by name, and nothing starts
    Given ACE-2 is on its way to X1-AB-B2
    When I dispatch ACE-1, ACE-2 over X1-AB-D4, X1-AB-A1
    Then I am refused with SHIP_BUSY
    And the refusal names the voyage of ACE-2
    And ACE-1 is free

  Scenario: The same request twice starts one fleet
    When I dispatch ACE-1, ACE-2 over X1-AB-D4, X1-AB-B2 under the request id monday
    And I dispatch ACE-1, ACE-2 over X1-AB-D4, X1-AB-B2 under the request id monday
    Then I got the same voyages twice
