Feature: Register a player
  Somebody who plays the game lets the fleet act for their agent. A token is believed only after the game has
  confirmed it, and one agent is one player.

  Scenario: With the agent's token
    Given the game knows the agent ACE
    When I register ACE with its token and the note fleet = one
    Then ACE is a player with the note fleet = one
    And its token is the one that I gave

  Scenario: By enlisting a new agent
    When I enlist ACE for the faction COSMIC
    Then ACE is a player
    And the game knows the agent ACE by the token that was kept

  Scenario: The symbol is written in lower case
    Given the game knows the agent ACE
    When I register ace with its token
    Then ACE is a player

  Scenario: The token is one that the game refuses
    When I register ACE with the token no-such-token
    Then I am refused with TOKEN_REJECTED
    And ACE is no player

  Scenario: The token belongs to somebody else
    Given the game knows the agent OTHER
    When I register ACE with OTHER's token
    Then I am refused with AGENT_SYMBOL_MISMATCH
    And ACE is no player

  Scenario: The answer to an enlistment is lost
    Given the game will lose its next answer to an enlistment
    When I enlist ACE for the faction COSMIC
    Then I am refused with ENLIST_OUTCOME_UNKNOWN
    And I am told to "fetch its token from the game's site and register with it"

  Scenario: The answer to a registration is lost on its way to me
    Given the game knows the agent ACE
    When I register ACE with its token under the request id morning-1
    And I send the same request again
    Then I get the same player twice

  Scenario: A request id is used for something else
    Given the game knows the agent ACE
    When I register ACE with its token under the request id morning-1
    And I enlist OTHER for the faction COSMIC under the request id morning-1
    Then I am refused with REQUEST_ID_REUSED
    And OTHER is no player
