"""Laws of editing, for random networks and random edits: undo is exact, files are the network, analysis is pure."""

from __future__ import annotations

import pickle
from math import isclose

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from graph import CanevasError, Network, NetworkError, analyze, dumps, edit, loads
from graph.checks import wrap_refusal
from graph.edit import prune
from tests.strategies import edited, networks

LAW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def same_facts(a, b) -> bool:
    """Whether two reports say the same, at every depth."""
    if list(a.facts) != list(a.network.nodes) and set(a.facts) != set(b.facts):
        return False
    for name in b.facts:
        x, y = a.facts[name], b.facts[name]
        mine = (x.layer, x.inputs, x.outputs, dict(x.weights), x.parameters, x.trainable, x.macs, x.fields, x.seen)
        other = (y.layer, y.inputs, y.outputs, dict(y.weights), y.parameters, y.trainable, y.macs, y.fields, y.seen)
        if mine != other or str(x.error) != str(y.error) or (x.inside is None) != (y.inside is None):
            return False
        if x.inside is not None and not same_facts(x.inside, y.inside):
            return False
    return [(p.code, p.severity, p.path, str(p.message)) for p in a.problems] == [
        (p.code, p.severity, p.path, str(p.message)) for p in b.problems
    ]


class Editing(RuleBasedStateMachine):
    """A person edits, undoes and redoes; a copy of each state is the witness that nothing changes behind it."""

    edits = 0
    """How many there were, over all people."""

    def __init__(self):
        super().__init__()
        self.states: list[tuple[Network, Network]] = []
        self.at = 0
        self.report = None
        self.seen: Network | None = None

    @initialize(network=networks(most=4))
    def begin(self, network):
        self.states = [(network, pickle.loads(pickle.dumps(network)))]
        self.report = analyze(network)

    @property
    def network(self) -> Network:
        return self.states[self.at][0]

    @rule(data=st.data())
    def edit(self, data):
        for _ in range(3):
            self.edit_once(data)
            self.check()

    def edit_once(self, data):
        after = data.draw(edited(self.network))
        if after is not self.network:
            del self.states[self.at + 1 :]
            self.states.append((after, pickle.loads(pickle.dumps(after))))
            self.at += 1
            Editing.edits += 1

    @rule(back=st.integers(-2, 4))
    def undo_or_redo(self, back):
        self.at = min(max(0, self.at - back), len(self.states) - 1)

    @invariant()
    def check(self):
        if self.states and self.network is not self.seen:
            self.seen = self.network
            self.no_state_ever_changes()
            self.edges_lead_from_port_to_port()
            self.the_file_is_the_network()
            self.analysis_step_by_step_is_analysis_at_once()

    def no_state_ever_changes(self):
        for network, witness in self.states[-3:]:
            assert network == witness

    def edges_lead_from_port_to_port(self):
        for level in (self.network, *(self.network.inside(name) for name in self.network.blocks)):
            assert len(level.order) == len(level.nodes)
            assert len(set(level.edges)) == len(level.edges)
            taken = set()
            for e in level.edges:
                level.port(e.source, e.out, out=True)
                assert level.port(e.target, e.into, out=False).many or (e.target, e.into) not in taken
                taken.add((e.target, e.into))
            assert all(name == node.name for name, node in level.nodes.items())

    def the_file_is_the_network(self):
        assert loads(dumps(self.network)) == prune(self.network)

    def analysis_step_by_step_is_analysis_at_once(self):
        self.report = analyze(self.network, self.report)
        assert same_facts(self.report, analyze(self.network))


@pytest.mark.slow
def test_two_thousand_random_edits():
    run_state_machine_as_test(
        Editing,
        settings=settings(
            max_examples=120, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert Editing.edits >= 2000


@LAW
@given(networks(), st.data())
def test_wrapping_and_dissolving_gives_the_network_back(network, data):
    able = [n for n in network.order if network[n].kind not in ("Input", "Output")]
    assume(able)
    names = data.draw(st.lists(st.sampled_from(able), min_size=1, unique=True))
    assume(wrap_refusal(network, names) is None)
    wrapped = edit.wrap(network, names, "made")
    block = wrapped.paths[names[0]].partition(".")[0]

    try:
        back = edit.unwrap(wrapped.network, block)
    except NetworkError:
        assume(False)
        raise

    assert back.paths == {new: old for old, new in wrapped.paths.items()}
    assert dict(back.network.nodes) == dict(network.nodes)
    assert {k: back.network.incoming.get(k) for k in network.nodes} == {
        k: network.incoming.get(k) for k in network.nodes
    }
    assert back.network.variables == network.variables
    assert dict(back.network.blocks) == dict(network.blocks)


@LAW
@given(networks(), st.data())
def test_a_block_computes_what_its_nodes_did(network, data):
    able = [n for n in network.order if network[n].kind not in ("Input", "Output")]
    assume(able)
    names = data.draw(st.lists(st.sampled_from(able), min_size=1, unique=True))
    assume(wrap_refusal(network, names) is None)
    before = analyze(network)

    moved = edit.wrap(network, names)
    after = analyze(moved.network)

    assert (after.parameters, after.trainable) == (before.parameters, before.trainable)
    assert after.outputs == before.outputs
    keys = {f"{path}.{key}": weight for path, fact in before.leaves() for key, weight in fact.weights.items()}
    followed = {f"{path}.{key}": weight for path, fact in after.leaves() for key, weight in fact.weights.items()}
    assert followed == {_followed(key, moved.paths): weight for key, weight in keys.items()}


def _followed(key: str, paths: dict[str, str]) -> str:
    for old, new in paths.items():
        if key == old or key.startswith(old + "."):
            return new + key[len(old) :]
    return key


@LAW
@given(networks(), st.data())
def test_a_copy_computes_what_the_original_does(network, data):
    names = data.draw(st.lists(st.sampled_from(list(network.nodes)), min_size=1, unique=True))
    kept = [e for n in names for e in network.incoming.get(n, ()) if e.source not in names]
    before = analyze(network)

    pasted, renamed = edit.paste(network, edit.take(network, names), (40.0, 0.0), kept)
    after = analyze(pasted)

    for old, new in renamed.items():
        assert after[new].outputs == before[old].outputs
        assert after[new].parameters == before[old].parameters
    assert all(after[name].outputs == before[name].outputs for name in network.nodes)


@LAW
@given(networks(), st.data())
def test_names_carry_no_meaning(network, data):
    """Renaming every node changes names and nothing else."""
    before = analyze(network)
    renamed, called = network, {}
    for i, name in enumerate(network.nodes):
        renamed = edit.rename(renamed, name, f"other{i}").network
        called[name] = f"other{i}"

    after = analyze(renamed)

    for old, new in called.items():
        assert after[new].outputs == before[old].outputs
        assert after[new].parameters == before[old].parameters
        assert after[new].macs == before[old].macs
    assert [called[n] for n in network.order] == list(renamed.order)


@LAW
@given(networks())
def test_random_networks_work(network):
    """The strategy gives what it promises, so that the laws above are about something."""
    report = analyze(network)

    assert not [p for p in report.problems if p.severity == "error"]
    assert report.outputs


@LAW
@given(networks(), st.data())
def test_an_edit_shares_what_it_does_not_touch(network, data):
    after = data.draw(edited(network))

    untouched = [n for n in network.nodes if n in after.nodes and after[n] == network[n]]
    assert all(after[n] is network[n] for n in untouched)
    if after.edges == network.edges:
        assert after.edges is network.edges


def test_close_numbers_are_kept_in_files():
    """Places are written as they are, not rounded."""
    network, name = edit.add(Network(), __import__("graph").kinds()["ReLU"](), at=(0.1 + 0.2, 1 / 3))

    assert isclose(loads(dumps(network))[name].at[1], 1 / 3, rel_tol=0)
    assert loads(dumps(network)) == network


def test_errors_are_sentences():
    with pytest.raises(CanevasError, match=r"There is no node called nobody\."):
        edit.remove(Network(), ["nobody"])
