Feature: Find a player by id or symbol

  Background:
    Given ACE is registered
    And BEA is registered

  Scenario Outline: By what one knows of it
    When I look for the player <key>
    Then I find <agent_symbol>

    Examples:
      | key                 | agent_symbol |
      | with the id of ACE  | ACE          |
      | with the id of BEA  | BEA          |
      | with the symbol BEA | BEA          |
      | with the symbol bea | BEA          |

  Scenario: Nobody has that symbol
    When I look for the player with the symbol NOBODY
    Then I am refused with PLAYER_NOT_FOUND

  Scenario: All players
    When I list the players
    Then I see ACE, BEA
