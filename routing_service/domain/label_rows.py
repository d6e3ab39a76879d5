"""Rows of (cost, fuel), of which none is both dearer and emptier than another: for the compiled searches of orders."""

from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import NEVER


@borrowing
def admit(labels: IntArray, count: int, cost: int, fuel: int, hardly: int) -> int:
    """Keep (cost, fuel) unless another label is no dearer and hardly emptier: differences beyond `hardly` binary digits
    are passed over. Rows stay in order of cost; should there be no room, the dearest is lost. The new count.

    Of needs, the negative is taken for the fuel.
    """
    place = count
    while place > 0 and labels[place - 1, 0] > cost:
        place -= 1
    if place > 0 and labels[place - 1, 1] + (abs(labels[place - 1, 1]) >> hardly) >= fuel:
        return count
    if place > 0 and labels[place - 1, 0] == cost:
        place -= 1
    end = place
    while end < count and labels[end, 1] <= fuel:
        end += 1
    if end == place:
        if place == labels.shape[0]:
            return count
        count = min(count + 1, labels.shape[0])
        for row in range(count - 1, place, -1):
            labels[row, 0], labels[row, 1] = labels[row - 1, 0], labels[row - 1, 1]
    elif end > place + 1:
        for row in range(end, count):
            labels[row - end + place + 1, 0], labels[row - end + place + 1, 1] = labels[row, 0], labels[row, 1]
        count -= end - place - 1
    labels[place, 0], labels[place, 1] = cost, fuel
    return count


@borrowing
def shift_between(old: IntArray, old_count: int, new: IntArray, count: int) -> int:
    """By how much all labels are dearer than before, the fuel being the same; NEVER if they are not."""
    if old_count != count or count == 0:
        return NEVER
    by = new[0, 0] - old[0, 0]
    for label in range(count):
        if new[label, 1] != old[label, 1] or new[label, 0] - old[label, 0] != by:
            return NEVER
    return int(by)
