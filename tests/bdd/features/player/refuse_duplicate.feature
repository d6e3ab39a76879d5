Feature: Refuse a duplicate
  One agent is one player, whoever registers it and however.

  Background:
    Given ACE is registered

  Scenario: The same agent is registered again
    When I register ACE with its token
    Then I am refused with DUPLICATE_AGENT_SYMBOL

  Scenario: A registered agent is enlisted
    When I enlist ACE for the faction COSMIC
    Then I am refused with DUPLICATE_AGENT_SYMBOL
    And the game was not asked to enlist anybody

  Scenario: Somebody else plays under the symbol
    Given the game knows the agent TAKEN
    When I enlist TAKEN for the faction COSMIC
    Then I am refused with DUPLICATE_AGENT_SYMBOL
    And I am told to "choose another one"

  Scenario: After a player is deleted its agent may be registered again
    When I delete ACE
    And I register ACE with its token
    Then ACE is a player
