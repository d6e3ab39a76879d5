"""Agent tokens at rest: sealed under rotating keys, each bound to its player."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from player_service.domain.errors import TokenUnreadableError
from player_service.domain.secret import AgentToken


class TokenCipher:
    """Seals under the first of `keys` and opens under any of them (Fernet keys: 32 bytes in URL-safe base64).

    To rotate, put a new key in front, and keep the old one behind it until every token was `resealed`.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._newest = Fernet(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # The oldest key: digests stay comparable while newer keys are put in front of it.
        self._digest_key = hashlib.sha256(b"request digest\0" + base64.urlsafe_b64decode(keys[-1])).digest()

    def seal(self, agent_symbol: str, token: AgentToken) -> str:
        """The ciphertext of an envelope that names the player, so that it opens in no other player's row."""
        envelope = json.dumps({"agent_symbol": agent_symbol, "token": token.reveal()})
        return self._fernet.encrypt(envelope.encode()).decode()

    def open(self, agent_symbol: str, sealed: str) -> AgentToken:
        """Raises TokenUnreadableError if no key opens it, or if it was sealed for another player."""
        try:
            envelope = json.loads(self._fernet.decrypt(sealed))
        except (InvalidToken, binascii.Error, ValueError):
            raise TokenUnreadableError(agent_symbol) from None
        if envelope["agent_symbol"] != agent_symbol:
            raise TokenUnreadableError(agent_symbol)
        return AgentToken(envelope["token"])

    def resealed(self, agent_symbol: str, sealed: str) -> str:
        """The token under the first key: `sealed` itself if it is. Raises TokenUnreadableError."""
        token = self.open(agent_symbol, sealed)
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self.seal(agent_symbol, token)
        return sealed

    def opens(self, agent_symbol: str, sealed: str) -> bool:
        try:
            self.open(agent_symbol, sealed)
        except TokenUnreadableError:
            return False
        return True

    def digest(self, *parts: str) -> str:
        """HMAC-SHA256 over the parts, in hexadecimal."""
        return hmac.new(self._digest_key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()
