"""Random messages of any type, from descriptors alone, and small changes to messages that are right."""

from random import Random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.struct_pb2 import Struct

from tests.fuzz.words import Words

_WIDTHS = {
    FieldDescriptor.CPPTYPE_INT32: (32, True),
    FieldDescriptor.CPPTYPE_INT64: (64, True),
    FieldDescriptor.CPPTYPE_UINT32: (32, False),
    FieldDescriptor.CPPTYPE_UINT64: (64, False),
    FieldDescriptor.CPPTYPE_ENUM: (32, True),
}
_DEPTH = 6
_STRUCT_DEPTHS = (1, 2, 3, 9, 11, 30, 45)


class Messages:
    """Everything follows from `random` and from what `words` has learnt."""

    def __init__(self, random: Random, words: Words) -> None:
        self._random = random
        self._words = words

    def any_of(self, descriptor: Descriptor, depth: int = _DEPTH) -> Message:
        """A message with any of its fields set to anything."""
        message = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            if self._random.random() < 0.6:
                self._replace(message, field, depth)
        return message

    def changed(self, message: Message) -> Message:
        """A copy in which one to three fields, somewhere, are something else."""
        copy = type(message)()
        copy.CopyFrom(message)
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            self._change_one(copy)
        return copy

    def _change_one(self, message: Message) -> None:
        if not message.DESCRIPTOR.fields:
            return
        field = self._random.choice(message.DESCRIPTOR.fields)
        inner = _messages_in(message, field)
        if inner and self._random.random() < 0.8:
            self._change_one(self._random.choice(inner))
        elif self._random.random() < 0.15:
            message.ClearField(field.name)
        else:
            self._replace(message, field, _DEPTH)

    def _replace(self, message: Message, field: FieldDescriptor, depth: int) -> None:
        message.ClearField(field.name)
        if isinstance(message, Struct):
            message.CopyFrom(self._struct())
        elif field.is_repeated:
            self._fill(message, field, depth)
        elif field.message_type is not None:
            if depth:
                self._adopt(getattr(message, field.name), self.any_of(field.message_type, depth - 1))
        else:
            setattr(message, field.name, self._scalar(field))

    def _fill(self, message: Message, field: FieldDescriptor, depth: int) -> None:
        target: Any = getattr(message, field.name)
        count = self._random.choice((0, 1, 1, 2, 3, 5, 40, 260, 2_100) if depth >= _DEPTH - 1 else (0, 1, 2))
        for _ in range(count if depth else 0):
            if field.message_type is None:
                target.append(self._scalar(field))
            elif not field.message_type.GetOptions().map_entry:
                self._adopt(target.add(), self.any_of(field.message_type, 1))

    def _scalar(self, field: FieldDescriptor) -> Any:
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            return self._words.text(field.name)
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return self._random.random() < 0.5
        if field.enum_type is not None and self._random.random() < 0.7:
            return self._random.choice(field.enum_type.values).number
        if field.cpp_type in _WIDTHS:
            bits, signed = _WIDTHS[field.cpp_type]
            return self._words.integer(bits, signed=signed)
        return self._words.real()

    def _struct(self) -> Struct:
        struct = Struct()
        for _ in range(self._random.choice((0, 1, 2, 5, 500))):
            struct.fields[self._words.text("metadata_key")[:400]].CopyFrom(self._value())
        return struct

    def _value(self) -> Any:
        leaf: Any = Struct().fields["leaf"]
        kind = self._random.randrange(5)
        if kind == 0:
            leaf.number_value = self._words.real()
        elif kind == 1:
            leaf.string_value = self._words.text("metadata")
        elif kind == 2:
            leaf.bool_value = True
        elif kind == 3:
            leaf.null_value = 0
        return self._nested(leaf)

    def _nested(self, value: Any) -> Any:
        for _ in range(self._random.choice(_STRUCT_DEPTHS) if self._random.random() < 0.3 else 0):
            outer: Any = Struct().fields["outer"]
            if self._random.random() < 0.5:
                outer.list_value.values.add().CopyFrom(value)
            else:
                outer.struct_value.fields["inner"].CopyFrom(value)
            value = outer
        return value

    def _adopt(self, target: Message, source: Message) -> None:
        try:
            target.CopyFrom(source)
            target.SetInParent()
        except DecodeError:
            target.Clear()


def _messages_in(message: Message, field: FieldDescriptor) -> list[Message]:
    """The messages that a field holds, those of maps left out."""
    if field.message_type is None or field.message_type.GetOptions().map_entry:
        return []
    if field.is_repeated:
        return list(getattr(message, field.name))
    return [getattr(message, field.name)] if message.HasField(field.name) else []
