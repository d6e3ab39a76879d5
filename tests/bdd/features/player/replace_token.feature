Feature: Replace a token
  The game forgets all agents at every reset. A player outlives that: it keeps its id and its notes, and gets a new
  token.

  Background:
    Given ACE is registered

  Scenario: After a reset, with the token of the new agent
    Given the game is reset
    And the token of ACE was seen to be refused with the code 4113
    And the game knows the agent ACE
    When I replace the token of ACE
    Then ACE is active under the second version of its token
    And it lives in the new universe

  Scenario: After a reset, by enlisting the agent again
    Given the game is reset
    When I enlist ACE again for the faction COSMIC
    Then ACE is active under the second version of its token
    And it lives in the new universe

  Scenario: A refused token is not handed out
    Given the token of ACE was seen to be refused with the code 4104
    When the token of ACE is asked for
    Then I am refused with TOKEN_REJECTED

  Scenario: News of the old token come too late
    Given the game is reset
    And the game knows the agent ACE
    When I replace the token of ACE
    And the first token of ACE is reported as refused
    Then ACE is active under the second version of its token

  Scenario: The new token belongs to somebody else
    Given the game knows the agent OTHER
    When I replace the token of ACE with OTHER's token
    Then I am refused with AGENT_SYMBOL_MISMATCH
    And ACE is active under the first version of its token
