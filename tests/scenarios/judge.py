"""Is a report of pipetop what the table expects? Each complaint is one line; none means yes."""

import re

import procfs

WRITING = {"write", "writev", "pwritev2", "vmsplice"}
READING = {"read", "readv", "preadv2"}
WAITS = {
    **dict.fromkeys(WRITING - {"vmsplice"}, {"pipe-space"}),
    **dict.fromkeys(READING, {"pipe-data"}),
    **dict.fromkeys(["vmsplice", "splice", "tee", "sendfile"], {"pipe-space", "pipe-data"}),
    **dict.fromkeys(["wait4", "waitid", "waitpid", "rt_sigsuspend"], {"child-exit"}),
    **dict.fromkeys(["vfork", "clone"], {"vfork"}),
    **dict.fromkeys(["poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "restart_syscall"], {"poll"}),
    "futex": {"thread"},
}


def tids(entries):
    return {entry["tid"] for entry in entries}


def of_ours(report, ours):
    """The deadlocks that touch a process of the scenario."""
    return [
        deadlock
        for deadlock in report["deadlocks"]
        if any(entry["pid"] in ours for entry in deadlock["members"] + deadlock["victims"])
    ]


def pipes_of(report, ours):
    return [
        pipe for pipe in report["pipes"] if any(end["pid"] in ours for end in pipe["writers"] + pipe["readers"])
    ]


def one_member(member, role, thread):
    complaints = []
    call = member["syscall"]
    if call != role.call and not (role.call == "restart_syscall" and call == "poll"):
        complaints.append(f"{role.comm}: syscall is {call}, not {role.call}")
    if member["waits_for"] not in WAITS[role.call]:
        complaints.append(f"{role.comm}: waits_for is {member['waits_for']} in {role.call}")
    leader = procfs.stat(f"/proc/{thread.pid}/stat")
    if member["pid"] != thread.pid or member["comm"] not in (thread.comm, leader and leader[0]):
        complaints.append(f"{role.comm}: is called {member['comm']} ({member['pid']})")
    if role.call in WRITING | READING:
        if member["fd"] != thread.arguments[0]:
            complaints.append(f"{role.comm}: fd is {member['fd']}, not {thread.arguments[0]}")
        if role.call in ("read", "write") and member["count"] != thread.arguments[2]:
            complaints.append(f"{role.comm}: count is {member['count']}, not {thread.arguments[2]}")
        link = procfs.link(thread, thread.arguments[0])
        if link and link.startswith("pipe:") and member["pipe"] != link:
            complaints.append(f"{role.comm}: pipe is {member['pipe']}, not {link}")
    if role.call in ("wait4", "waitid") and not member["child"]:
        complaints.append(f"{role.comm}: no child is named")
    return complaints


def one_deadlock(scenario, cast, deadlock, report, unseen_is_fine):
    complaints = []
    likely_here = unseen_is_fine and scenario.certainty == "proved"
    if deadlock["kind"] != scenario.kind:
        complaints.append(f"kind is {deadlock['kind']}, not {scenario.kind}")
    if deadlock["certainty"] != scenario.certainty and not (likely_here and deadlock["certainty"] == "likely"):
        complaints.append(f"it is {deadlock['certainty']}: {deadlock['why_not_proved']}")
    if (deadlock["certainty"] == "proved") != (not deadlock["why_not_proved"]):
        complaints.append(f"{deadlock['certainty']}, yet why_not_proved is {deadlock['why_not_proved']}")
    if scenario.why and not re.search(scenario.why, " ".join(deadlock["why_not_proved"]), re.I):
        complaints.append(f"no reason for doubt matches '{scenario.why}': {deadlock['why_not_proved']}")

    roles = {thread.tid: (role, thread) for role, found in cast for thread in found}
    for member in deadlock["members"]:
        if member["tid"] in roles:
            complaints += one_member(member, *roles[member["tid"]])
        if str(member["pid"]) not in deadlock["explanation"]:
            complaints.append(f"the explanation does not name {member['pid']}: {deadlock['explanation']!r}")
    if not deadlock["remedies"]:
        complaints.append("no remedy")

    verdicts = {pipe["id"]: pipe for pipe in report["pipes"]}
    if not deadlock["pipes"]:
        complaints.append("no pipe is named")
    for identity in deadlock["pipes"]:
        if identity not in verdicts:
            complaints.append(f"{identity} of the deadlock is not among the pipes")
        elif verdicts[identity]["verdict"] != "deadlock":
            complaints.append(f"{identity} is {verdicts[identity]['verdict']}, not deadlock")
    if scenario.pipe and not any(
        all(verdicts.get(identity, {}).get(key) == value for key, value in scenario.pipe.items())
        for identity in deadlock["pipes"]
    ):
        complaints.append(f"no pipe of the deadlock has {scenario.pipe}: {[verdicts.get(i) for i in deadlock['pipes']]}")
    return complaints


def stuck(scenario, cast, ours, report, unseen_is_fine):
    found = of_ours(report, ours)
    expected = {}
    for role, threads in cast:
        if role.mark in ("*", "#"):
            expected.setdefault(role.mark, set()).update(thread.tid for thread in threads)
    victims = {thread.tid for role, threads in cast if role.mark == "+" for thread in threads}

    complaints = []
    if len(found) != len(expected):
        complaints.append(f"{len(found)} deadlocks instead of {len(expected)}")
    for members in expected.values():
        exact = [deadlock for deadlock in found if tids(deadlock["members"]) == members]
        if not exact and scenario.language == "java":
            exact = [deadlock for deadlock in found if tids(deadlock["members"]) >= members]
        if not exact:
            said = [[f"{m['comm']}:{m['syscall']}" for m in deadlock["members"]] for deadlock in found]
            complaints.append(f"no deadlock has the members {sorted(members)}; there are {said}")
        for deadlock in exact:
            complaints += one_deadlock(scenario, cast, deadlock, report, unseen_is_fine)
    blamed = set().union(*(tids(deadlock["victims"]) for deadlock in found)) if found else set()
    if found and blamed != victims and scenario.language != "java":
        complaints.append(f"victims are {sorted(blamed)}, not {sorted(victims)}")
    if not complaints and scenario.language != "java":
        doomed = {thread.pid for role, threads in cast if role.mark for thread in threads}
        said = {process["pid"] for process in report["processes"] if process["stuck"] and process["pid"] in ours}
        if said != doomed:
            complaints.append(f"the processes called stuck are {sorted(said)}, not {sorted(doomed)}")
    return complaints


def veiled(scenario, cast, ours, report):
    """Without system calls not all can be told: what is said must be true, and what was veiled be told of."""
    found = of_ours(report, ours)
    complaints = []
    if not scenario.stuck and found:
        complaints.append(f"FALSE ALARM: {[deadlock['explanation'] for deadlock in found]}")
    if not found and "ptrace" not in report["view"]["limits"]:
        complaints.append(f"nothing is said, and the view is called {report['view']}")
    doomed = {thread.tid: (role, thread) for role, threads in cast if role.mark for thread in threads}
    for deadlock in found if scenario.stuck else []:
        if deadlock["certainty"] != "likely" or "wchan" not in " ".join(deadlock["why_not_proved"]):
            complaints.append(f"it is {deadlock['certainty']}: {deadlock['why_not_proved']}")
        for member in deadlock["members"]:
            role, thread = doomed.get(member["tid"], (None, None))
            if not role:
                complaints.append(f"{member['comm']} ({member['tid']}) is not stuck")
            elif member["waits_for"] not in WAITS[role.call]:
                complaints.append(f"{role.comm}: waits_for is {member['waits_for']} in {role.call}")
            elif role.call in WRITING | READING and member["pipe"] != procfs.link(thread, thread.arguments[0]):
                complaints.append(f"{role.comm}: pipe is {member['pipe']}")
    return complaints


def ends_of(report, ours):
    """Who holds which pipe, as far as everybody in it belongs to the scenario."""
    return {
        (pipe["dev"], pipe["inode"]): [
            sorted((end["pid"], tuple(end["fd"]), end["comm"]) for end in pipe[side]) for side in ("writers", "readers")
        ]
        for pipe in pipes_of(report, ours)
    }


def waits_of(report, ours):
    """Without the users' names: on a busy system they may not come in time, which is no engine's fault."""
    keys = ("tid", "waits_for", "syscall", "fd", "pipe", "child")
    return {
        process["pid"]: (
            [process[key] for key in ("ppid", "comm", "command")],
            [[thread[key] for key in keys] for thread in process["threads"]],
        )
        for process in report["processes"]
        if process["pid"] in ours
    }


def differences(scenario, ours, by_proc, by_bpf):
    """What two engines do not agree about. Of what moves, only who holds what is the same in two looks."""
    if not scenario.stuck:
        return []
    complaints = []
    for what, of in ("ends of pipes", ends_of), ("waits", waits_of):
        proc, bpf = of(by_proc, ours), of(by_bpf, ours)
        for key in sorted({*proc, *bpf}):
            if proc.get(key) != bpf.get(key):
                complaints.append(f"{what}: {key}: {proc.get(key)} (proc), {bpf.get(key)} (bpf)")
    return complaints


def healthy(scenario, ours, report, alone):
    complaints = []
    for deadlock in of_ours(report, ours):
        complaints.append(f"FALSE ALARM ({deadlock['kind']}, {deadlock['certainty']}): {deadlock['explanation']}")
    for process in report["processes"]:
        if process["stuck"] and process["pid"] in ours:
            complaints.append(f"process {process['pid']} is called stuck")

    pipes = pipes_of(report, ours)
    verdicts = [pipe["verdict"] for pipe in pipes]
    allowed = [verdict for verdict in scenario.verdicts if verdict != "none"]
    if not alone and "stalled" in allowed:
        allowed = allowed + ["backpressure"]
    if set(verdicts) - set(allowed):
        complaints.append(f"the pipes are {verdicts}, not {scenario.verdicts}")
    if alone and allowed and allowed[0] not in verdicts and len(allowed) == 1:
        complaints.append(f"no pipe is {allowed[0]}: {verdicts}")
    if alone and scenario.reason:
        reasons = [stall["reason"] for stall in report["stalls"]]
        if not any(re.search(scenario.reason, reason, re.I) for reason in reasons):
            complaints.append(f"no reason matches '{scenario.reason}': {reasons}")
    return complaints
