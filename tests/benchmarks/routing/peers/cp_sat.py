"""CP-SAT: a tour as one circuit of arcs, with linear relaxations switched on. Proves, on full-tank times."""

from tests.benchmarks.routing.full_tank import FAR, FullTankTimes
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Answer, Contender


class CpSatCircuit(Contender):
    name = "CP-SAT AddCircuit"
    module = "ortools"
    fleets = False

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        from ortools.sat.python import cp_model

        legs = times.legs(case.ships[0])
        model = cp_model.CpModel()
        arcs = {
            (start, end): model.new_bool_var("")
            for start in range(len(legs))
            for end in range(len(legs))
            if start != end and legs[start, end] < FAR
        }
        model.add_circuit([(start, end, flown) for (start, end), flown in arcs.items()])
        model.minimize(sum(int(legs[arc]) * flown for arc, flown in arcs.items()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_time_in_seconds = seconds
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        following = {start: end for (start, end), flown in arcs.items() if solver.boolean_value(flown)}
        circuit = [times.stops]
        while following[circuit[-1]] != times.stops:
            circuit.append(following[circuit[-1]])
        return Answer((times.tour(circuit),))
