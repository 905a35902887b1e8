"""Every mistake that a person can make in a stack file, and the exact words that answer it."""


from __future__ import annotations

import pytest

from auditkit.errors import InputError
from auditkit.sources.stack_file import stack_from_text

S = "stack:\n  name: x\n"


def stack(*lines: str) -> str:
    return S + "".join(f"  {line}\n" for line in lines)


def one(section: str, *lines: str) -> str:
    return S + f"{section}:\n  - id: a\n" + "".join(f"    {line}\n" for line in lines)


def step(*lines: str) -> str:
    return one("steps", *lines)


CASES: dict[str, tuple[str, list[str]]] = {
    "an_empty_file": ("", ["voice.yaml: the file is empty; 'auditkit init' writes one to start from"]),
    "a_file_of_comments_only": (
        "# steps\n",
        ["voice.yaml: the file is empty; 'auditkit init' writes one to start from"],
    ),
    "a_list_at_the_top": (
        "- id: a\n",
        ["voice.yaml:1: the file is a list, not keys with values; begin with a line such as 'name: value'"],
    ),
    "plain_text": (
        "hello\n",
        [
            "voice.yaml:1: the file is plain text, not keys with values; begin with a line such as 'name: value'"
        ],
    ),
    "two_documents": (
        S + "---\nstack: {name: y}\n",
        [
            "voice.yaml:3: a second document starts here ('---'); one file describes one workflow; split the file"
        ],
    ),
    "a_duplicate_key": (
        step("decider: model", "decider: code"),
        ["voice.yaml:6: 'decider' stands twice, on lines 5 and 6; keep one of the two"],
    ),
    "a_duplicate_section": (
        S + "gates: []\ngates: []\n",
        ["voice.yaml:4: 'gates' stands twice, on lines 3 and 4; keep one of the two"],
    ),
    "an_anchor_and_its_alias": (
        "stack: &s {name: x}\naudit: *s\n",
        [
            "voice.yaml:1: '&s' gives a value a label, which is not read here; take it out, or put a text with '&' in quotes",
            "voice.yaml:2: '*s' points at another place of the file; write the value out here",
        ],
    ),
    "a_merge_key": (
        S + "  <<: {stage: pilot}\n",
        ["voice.yaml:3: '<<' copies keys from another place; write the keys out here"],
    ),
    "a_python_tag": (
        "stack: !!python/object/apply:os.system ['x']\n",
        ["voice.yaml:1: a value starts with a tag ('!'); take it out, or put a text with '!' in quotes"],
    ),
    "a_list_as_a_key": (
        S + "  ? [a]\n  : b\n",
        ["voice.yaml:3: a key must be text, not a list; put a text with brackets in quotes"],
    ),
    "an_empty_key": (S + "  : b\n", ["voice.yaml:3: a value has no key; write 'key: value'"]),
    "deep_nesting": (
        "stack: " + "[" * 25 + "]" * 25 + "\n",
        ["voice.yaml:1: values are nested more than 20 deep; write it flatter"],
    ),
    "a_tab_as_indentation": (
        "stack:\n\tname: x\n\tstage: pilot\n",
        ["voice.yaml:2: a tab cannot indent a line; use spaces here and in 1 more line"],
    ),
    "a_control_character": (
        "stack:\n  name: a\x07b\n",
        ["voice.yaml:2: a control character (U+0007) stands here; delete it, or retype the line"],
    ),
    "an_escaped_control_character": (
        'stack:\n  name: "a\\0b"\n',
        ["voice.yaml:2: a text holds a control character (U+0000); take its escape out"],
    ),
    "a_quote_left_open": (
        "stack:\n  name: 'x\n  stage: pilot\n",
        ["voice.yaml:2: a quote is opened here and never closed; close it"],
    ),
    "a_bracket_left_open": (
        "stack:\n  name: x\n  fit: {scope_in: [a, b}\n",
        [
            "voice.yaml:3: a bracket is opened here and not closed, or a comma is missing after it; close it, or add the comma"
        ],
    ),
    "a_colon_too_many": (
        "stack:\n  purpose: calls: booking\n",
        ["voice.yaml:2: a second ': ' stands in this line; put the value in quotes"],
    ),
    "a_missing_colon": (
        S + "  stage pilot\n  impact: low\n",
        [
            "voice.yaml:4: this line has no ': ' after its key; write 'key: value', with a space after the colon"
        ],
    ),
    "an_item_beside_its_key": (
        S + "steps: - id: a\n",
        ["voice.yaml:3: a list item ('- ') cannot stand here; start it on a line of its own, under its key"],
    ),
    "a_key_indented_too_far": (
        "stack:\n  name: x\n    stage: pilot\n",
        [
            "voice.yaml:3: this line is indented too far, or the line above has no ':'; keys of one level start in the same column"
        ],
    ),
    "a_key_indented_too_little": (
        "stack:\n    name: x\n  stage: pilot\n",
        [
            "voice.yaml:3: this line does not fit the lines above; keys of one level start in the same column; list items start with '- '"
        ],
    ),
    "a_value_that_starts_with_a_percent_sign": (
        S + "  purpose: %done\n",
        ["voice.yaml:3: a value cannot start with this character; put the value in quotes"],
    ),
    "a_value_that_starts_with_at": (
        S + "  owner: @dana\n",
        ["voice.yaml:3: a value cannot start with this character; put the value in quotes"],
    ),
    "a_value_that_starts_with_a_star": (
        S + "  purpose: **bold**\n",
        ["voice.yaml:3: a value cannot start with '*' or '&'; put the value in quotes"],
    ),
    "a_backslash_in_double_quotes": (
        'stack:\n  name: "C:\\data"\n',
        [
            "voice.yaml:2: a backslash in double quotes starts a code that does not exist; use single quotes: 'a\\b'"
        ],
    ),
    "no_stack_section": (
        "steps: []\n",
        ["voice.yaml:1: the file has no section 'stack'; begin with 'stack:' and 'name: ...' below it"],
    ),
    "a_stack_that_is_a_list": (
        "stack: [a]\n",
        ["voice.yaml:1: 'stack' wants keys and values, not a list; write 'name: ...' below 'stack:'"],
    ),
    "a_misspelt_section": (
        S + "step: []\n",
        ["voice.yaml:3: the file has no section 'step'; did you mean 'steps'?"],
    ),
    "a_section_by_its_kind": (
        S + "monitor: []\n",
        ["voice.yaml:3: the file has no section 'monitor'; did you mean 'monitoring'?"],
    ),
    "a_stack_key_at_the_top": (
        S + "stage: pilot\n",
        ["voice.yaml:3: the file has no section 'stage'; it belongs under 'stack'"],
    ),
    "a_nested_key_at_the_top": (
        S + "kill_switch: none\n",
        ["voice.yaml:3: the file has no section 'kill_switch'; that is a key of stack"],
    ),
    "a_section_nobody_knows": (
        S + "zebra: 1\n",
        [
            "voice.yaml:3: the file has no section 'zebra'; it holds version, stack, steps, actions, stores, integrations, knowledge, gates, monitoring, evals, models, agents, edge_cases, guardrails, incomplete, audit, answers, waivers, plan, evidence and sources"
        ],
    ),
    "an_unknown_version": (
        "version: 2\n" + S,
        ["voice.yaml:1: the version of a stack file is 1, not '2'; write 'version: 1', or take the line out"],
    ),
    "a_section_with_nothing_below": (
        S + "steps:\n",
        ["voice.yaml:3: 'steps' has nothing below it; write [] if there are none, or 'unknown'"],
    ),
    "a_section_as_a_mapping": (
        S + "steps:\n  greet:\n    decider: model\n",
        ["voice.yaml:4: 'steps' wants a list, not keys and values; write '- id: greet' and its keys below"],
    ),
    "a_section_as_text": (
        S + "steps: greet\n",
        ["voice.yaml:3: 'steps' wants a list, not plain text; write '- id: greet' and its keys below"],
    ),
    "an_item_as_text": (
        S + "steps:\n  - greet\n",
        ["voice.yaml:4: a step is written as keys and values, not as plain text; write '- id: greet'"],
    ),
    "an_item_without_an_id": (
        S + "steps:\n  - name: Identify intent\n",
        ["voice.yaml:4: a step has no 'id'; write 'id: identify_intent'"],
    ),
    "a_misspelt_id": (
        S + "steps:\n  - ID: a\n",
        [
            "voice.yaml:4: a step has no 'id'; write 'id: ...'",
            "voice.yaml:4: a step has no 'ID'; did you mean 'id'?",
        ],
    ),
    "an_id_with_a_blank": (
        S + "steps:\n  - id: Save Lead\n",
        [
            "voice.yaml:4: 'Save Lead' cannot be an id; it takes letters, digits, '_', '-' and '.', at most 80; did you mean 'save_lead'?"
        ],
    ),
    "an_id_that_is_a_list": (
        S + "steps:\n  - id: [a]\n",
        ["voice.yaml:4: an id is one word; use letters, digits, '_', '-' and '.'"],
    ),
    "a_reserved_id": (
        S + "steps:\n  - id: end\n",
        ["voice.yaml:4: the id 'end' means something else in this file; choose another"],
    ),
    "an_id_used_twice": (
        S + "steps:\n  - id: a\n  - id: a\n",
        ["voice.yaml:5: step 'a' stands twice, first in line 4; an id stands once in its section"],
    ),
    "a_misspelt_key": (
        step("decidor: model"),
        ["voice.yaml:5: a step has no 'decidor'; did you mean 'decider'?"],
    ),
    "a_key_of_another_kind": (
        step("enforced_in: code"),
        ["voice.yaml:5: a step has no 'enforced_in'; that is a key of gates and guardrails"],
    ),
    "a_key_that_belongs_in_a_group": (
        step("on_fail: branch"),
        ["voice.yaml:5: a step has no 'on_fail'; it belongs under 'validation'"],
    ),
    "a_misspelt_key_of_a_group": (
        step("max_iteration: 3"),
        ["voice.yaml:5: a step has no 'max_iteration'; did you mean 'max_iterations' under 'loop'?"],
    ),
    "a_group_key_that_belongs_outside": (
        step("loop: {decider: code}"),
        ["voice.yaml:5: 'loop' in a step has no 'decider'; it belongs directly to a step"],
    ),
    "a_misspelt_key_in_a_group": (
        step("validation: {knid: rule}"),
        ["voice.yaml:5: 'validation' in a step has no 'knid'; did you mean 'kind'?"],
    ),
    "a_dotted_key": (
        step("validation.kind: rule"),
        ["voice.yaml:5: a step has no 'validation.kind'; write 'kind' under 'validation:'"],
    ),
    "a_computed_key": (step("reach: none"), ["voice.yaml:5: 'reach' is computed, not written; take it out"]),
    "the_computed_group": (
        stack("computed: {steps: 3}"),
        ["voice.yaml:3: 'computed' is computed, not written; take it out"],
    ),
    "a_common_key_in_a_group": (
        step("loop: {note: x}"),
        ["voice.yaml:5: 'loop' in a step has no 'note'; it belongs to a step as a whole"],
    ),
    "a_key_nobody_knows": (
        step("zebra: 1"),
        ["voice.yaml:5: a step has no 'zebra'; 'auditkit schema stack' lists the keys"],
    ),
    "a_group_as_text": (
        step("validation: schema"),
        [
            "voice.yaml:5: 'validation' wants keys and values, not plain text; write validation: {kind: schema}"
        ],
    ),
    "a_group_as_a_number": (
        step("retries: 2"),
        ["voice.yaml:5: 'retries' wants keys and values, not plain text; write retries: {max: 2}"],
    ),
    "a_group_as_a_list": (
        step("loop: [3]"),
        [
            "voice.yaml:5: 'loop' wants keys and values, not a list; it holds max_iterations, bound, on_limit and no_progress_check"
        ],
    ),
    "a_list_for_one_value": (step("decider: [model]"), ["voice.yaml:5: decider wants one value, not a list"]),
    "a_mapping_for_one_value": (
        step("decider: {who: model}"),
        ["voice.yaml:5: decider wants one value, not keys and values"],
    ),
    "a_key_with_nothing_behind_it": (
        step("decider:"),
        ["voice.yaml:5: decider has no value; write one or 'unknown'"],
    ),
    "a_null": (step("model: null"), ["voice.yaml:5: model has no value; write one, 'none' or 'unknown'"]),
    "a_flag_that_is_neither": (
        step("absorbed: maybe"),
        ["voice.yaml:5: absorbed wants yes or no, not 'maybe'"],
    ),
    "a_flag_as_a_letter": (
        step("absorbed: y"),
        ["voice.yaml:5: absorbed wants yes or no, not 'y'; did you mean 'yes'?"],
    ),
    "a_number_for_the_timeout_flag": (
        one("integrations", "timeout: 10"),
        [
            "voice.yaml:5: timeout wants yes, no or default, not '10'; write 'timeout: yes' and 'timeout_s: 10'"
        ],
    ),
    "a_misspelt_choice": (
        step("decider: modell"),
        ["voice.yaml:5: decider cannot be 'modell'; did you mean 'model'?"],
    ),
    "a_shortened_choice": (
        stack("stage: prod"),
        ["voice.yaml:3: stage cannot be 'prod'; did you mean 'production'?"],
    ),
    "a_choice_nobody_knows": (
        stack("stage: live"),
        ["voice.yaml:3: stage cannot be 'live'; choose prototype, pilot or production"],
    ),
    "a_choice_written_as_false": (
        one("actions", "reversible: false"),
        ["voice.yaml:5: reversible cannot be 'false'; did you mean 'no'?"],
    ),
    "a_clock_for_seconds": (
        one("integrations", "timeout_s: 12:30"),
        ["voice.yaml:5: timeout_s wants seconds, not '12:30'; did you mean 750?"],
    ),
    "a_unit_after_seconds": (
        one("integrations", "timeout_s: 10s"),
        ["voice.yaml:5: timeout_s wants seconds, not '10s'; did you mean 10?"],
    ),
    "minutes_for_seconds": (
        stack("run: {timeout_s: 5 min}"),
        ["voice.yaml:3: run.timeout_s wants seconds, not '5 min'; did you mean 300?"],
    ),
    "a_number_in_words": (
        step("retries: {max: three}"),
        ["voice.yaml:5: retries.max wants a whole number, not 'three'; did you mean 3?"],
    ),
    "a_decimal_comma": (
        stack('costs: {run: "0,2"}'),
        ["voice.yaml:3: costs.run wants a number, not '0,2'; did you mean 0.2?"],
    ),
    "thousands_with_a_comma": (
        one("models", "window: 128,000"),
        ["voice.yaml:5: window wants a whole number, not '128,000'; did you mean 128000?"],
    ),
    "a_number_that_is_not_one": (
        stack("costs: {run: nan}"),
        ["voice.yaml:3: costs.run wants a number, not 'nan'"],
    ),
    "infinity": (stack("costs: {run: .inf}"), ["voice.yaml:3: costs.run wants a number, not '.inf'"]),
    "a_number_without_end": (stack("costs: {run: 1e300}"), ["voice.yaml:3: costs.run is too large"]),
    "a_fraction_for_a_whole_number": (
        step("retries: {max: 1.5}"),
        ["voice.yaml:5: retries.max wants a whole number, not '1.5'"],
    ),
    "a_point_in_a_whole_number": (
        step("retries: {max: 2.0}"),
        ["voice.yaml:5: retries.max wants a whole number, not '2.0'; did you mean 2?"],
    ),
    "a_negative_count": (
        step("retries: {max: -1}"),
        ["voice.yaml:5: retries.max lies at or above 0, not -1"],
    ),
    "a_timeout_of_nothing": (
        one("integrations", "timeout_s: 0"),
        ["voice.yaml:5: timeout_s lies above 0, not 0; take the line out if there is none"],
    ),
    "a_share_beyond_one": (
        step("after_fix: 1.7"),
        ["voice.yaml:5: after_fix lies between 0 and 1, not 1.7; write .85 or 85%"],
    ),
    "a_share_as_a_percentage_without_its_sign": (
        stack("targets: {success: 80}"),
        ["voice.yaml:3: a success rate lies between 0 and 1, not 80; did you mean .8 or 80%?"],
    ),
    "a_share_in_words": (
        stack("targets: {success: 80 percent}"),
        ["voice.yaml:3: targets.success wants a number, not '80 percent'; did you mean 0.8?"],
    ),
    "a_rate_beyond_one": (
        step("success: 1.7"),
        [
            "voice.yaml:5: a success rate lies between 0 and 1, not 1.7; write .85, or {successes: 171, runs: 200}"
        ],
    ),
    "a_rate_as_a_percentage_without_its_sign": (
        step("success: 85"),
        ["voice.yaml:5: a success rate lies between 0 and 1, not 85; did you mean .85 or 85%?"],
    ),
    "a_rate_in_words": (
        step("success: mostly"),
        ["voice.yaml:5: success wants a rate, not 'mostly'; write .85, 85% or {successes: 171, runs: 200}"],
    ),
    "a_rate_as_a_list": (
        step("success: [171, 200]"),
        ["voice.yaml:5: success wants a rate, not a list; write .85, or {successes: 171, runs: 200}"],
    ),
    "more_successes_than_runs": (
        step("success: {successes: 200, runs: 171}"),
        ["voice.yaml:5: 200 successes are more than 171 runs; did you mean {successes: 171, runs: 200}?"],
    ),
    "a_rate_of_no_runs": (
        step("success: 0/0"),
        ["voice.yaml:5: a rate needs at least 1 run; write 'unknown' if nothing was counted"],
    ),
    "successes_without_runs": (
        step("success: {successes: 171}"),
        ["voice.yaml:5: success has successes but no runs; write {successes: 171, runs: ...}"],
    ),
    "runs_without_successes": (
        step("success: {rate: .85, runs: 200}"),
        ["voice.yaml:5: success has runs but no successes; did you mean {successes: 170, runs: 200}?"],
    ),
    "a_rate_with_neither": (
        step("success: {source: a review}"),
        ["voice.yaml:5: success has no rate and no counts; write 'rate: .85', or successes and runs"],
    ),
    "a_misspelt_part_of_a_rate": (
        step("success: {succeses: 171, runs: 200}"),
        ["voice.yaml:5: a rate has no 'succeses'; did you mean 'successes'?"],
    ),
    "a_german_date": (
        one("knowledge", "last_reviewed: 20.11.2026"),
        ["voice.yaml:5: last_reviewed wants a date, not '20.11.2026'; did you mean 2026-11-20?"],
    ),
    "a_date_that_could_be_two": (
        one("knowledge", "last_reviewed: 03/04/2026"),
        [
            "voice.yaml:5: last_reviewed wants a date, not '03/04/2026'; write year-month-day, such as 2026-11-20"
        ],
    ),
    "a_date_in_words": (
        one("knowledge", "last_reviewed: 20 November 2026"),
        ["voice.yaml:5: last_reviewed wants a date, not '20 November 2026'; did you mean 2026-11-20?"],
    ),
    "a_date_with_a_time": (
        one("knowledge", "last_reviewed: 2026-11-20T10:00:00"),
        ["voice.yaml:5: last_reviewed wants a date, not '2026-11-20T10:00:00'; did you mean 2026-11-20?"],
    ),
    "a_day_that_does_not_exist": (
        one("knowledge", "last_reviewed: 2026-02-30"),
        ["voice.yaml:5: 2026-02-30 is not in the calendar; February 2026 has 28 days"],
    ),
    "a_month_that_does_not_exist": (
        one("knowledge", "last_reviewed: 2026-13-01"),
        ["voice.yaml:5: 2026-13-01 is not in the calendar; write year-month-day, such as 2026-11-20"],
    ),
    "a_name_that_is_too_long": (
        stack("owner: " + "a" * 130),
        ["voice.yaml:3: owner is 130 characters long; the most is 120; shorten it"],
    ),
    "an_item_named_twice": (
        step("reads_state: [intent, intent]"),
        ["voice.yaml:5: reads_state names 'intent' twice; keep one of the two"],
    ),
    "a_set_of_too_many_items": (
        step("reads_state: [" + ", ".join(map(str, range(1500))) + "]"),
        ["voice.yaml:5: reads_state holds 1,500 items; the most is 1,000; name groups of them"],
    ),
    "none_beside_items": (
        step("reads_state: [none, intent]"),
        ["voice.yaml:5: 'none' stands beside other items; keep either the word alone or the items"],
    ),
    "a_branch_as_text": (
        step("failure_branches: [handoff]"),
        [
            "voice.yaml:5: a failure branch is written as keys and values, not as plain text; write {type: handoff}"
        ],
    ),
    "a_misspelt_part_of_a_branch": (
        step("failure_branches: [{typ: handoff}]"),
        ["voice.yaml:5: a failure branch has no 'typ'; did you mean 'type'?"],
    ),
    "an_empty_branch": (
        step("failure_branches: [{}]"),
        [
            "voice.yaml:5: a failure branch says nothing; write some of type, trigger, trigger_in, carries, max_asks, depends_on and tests"
        ],
    ),
    "an_edge_to_nowhere": (
        step("next: [{share: .5}]"),
        [
            "voice.yaml:5: a way to the next step does not say where it goes; write 'to:' and a step, or 'to: end'"
        ],
    ),
    "shares_beyond_one": (
        step("next: [{to: a, share: .7}, {to: end, share: .6}]"),
        ["voice.yaml:5: the shares after step a add up to 1.3, not 1; shares are parts of 1"],
    ),
    "shares_below_one": (
        step("next: [{to: end, share: .7}]"),
        [
            "voice.yaml:5: the shares after step a add up to 0.7, not 1; say where the other .3 goes, or leave one share out"
        ],
    ),
    "a_gate_that_is_not_there": (
        S + "actions:\n  - {id: save_lead, gate: aproval}\ngates:\n  - id: approval\n",
        [
            "voice.yaml:4: action save_lead names gate 'aproval', which is not in this file; did you mean 'approval' (line 6)?"
        ],
    ),
    "a_reference_without_a_section": (
        one("actions", "gate: approval"),
        ["voice.yaml:5: action a names gate 'approval', which is not in this file; list it under 'gates'"],
    ),
    "a_reference_to_another_kind": (
        S + "steps:\n  - {id: a, model: crm}\nintegrations:\n  - id: crm\n",
        [
            "voice.yaml:4: step a names model 'crm', which is not in this file; 'crm' is an integration (line 6)"
        ],
    ),
    "a_step_that_is_not_there": (
        step("next: [b]"),
        [
            "voice.yaml:5: step a names step 'b', which is not in this file; list it under 'steps', or take it out"
        ],
    ),
    "an_agent_that_is_not_there": (
        stack("coordination: {handovers: [{sender: a, receiver: b}]}"),
        [
            "voice.yaml:3: the stack names agent 'a', which is not in this file; list it under 'agents'",
            "voice.yaml:3: the stack names agent 'b', which is not in this file; list it under 'agents'",
        ],
    ),
    "a_step_that_verifies_itself": (
        step("verifies: a"),
        ["voice.yaml:4: step a verifies itself; name the step whose work it checks"],
    ),
    "a_duplicate_of_itself": (
        one("integrations", "duplicate_of: a"),
        [
            "voice.yaml:4: integration a is its own duplicate; write 'duplicate_of: none' for the one that stays"
        ],
    ),
    "duplicates_in_a_circle": (
        S + "integrations:\n  - {id: a, duplicate_of: b}\n  - {id: b, duplicate_of: a}\n",
        [
            "voice.yaml:4: integrations are duplicates in a circle: a → b → a; write 'duplicate_of: none' for the one that stays"
        ],
    ),
    "a_place_for_a_key_that_is_not_written": (
        one("gates", "enforced_in: code", "seen: {type: a.py:1}"),
        ["voice.yaml:6: 'seen' names 'type', which gate a does not state; write 'type' as well"],
    ),
    "a_place_for_a_misspelt_key": (
        one("gates", "enforced_in: code", "seen: {enforced: a.py:1}"),
        ["voice.yaml:6: 'seen' names 'enforced', which gate a does not state; did you mean 'enforced_in'?"],
    ),
    "a_place_for_an_unknown_key": (
        one("gates", "enforced_in: unknown", "seen: {enforced_in: a.py:1}"),
        [
            "voice.yaml:6: 'seen' names 'enforced_in', which gate a does not state; write 'enforced_in' as well"
        ],
    ),
    "a_place_without_a_line": (
        one("gates", "seen: src/a.py"),
        ["voice.yaml:5: the place 'src/a.py' has no line number; write path:line, such as src/flow.py:112"],
    ),
    "a_place_with_an_absolute_path": (
        one("gates", "seen: /src/a.py:1"),
        [
            "voice.yaml:5: the place '/src/a.py:1' is an absolute path; give it from the audited folder, such as src/flow.py:112"
        ],
    ),
    "a_place_outside_the_folder": (
        one("gates", "seen: ../a.py:1"),
        ["voice.yaml:5: the place '../a.py:1' leaves the audited folder ('..'); give a path inside it"],
    ),
    "a_place_on_the_web": (
        one("gates", "seen: https://x.org/a.py:1"),
        [
            "voice.yaml:5: the place 'https://x.org/a.py:1' is an address; give a path inside the audited folder"
        ],
    ),
    "a_place_with_backslashes": (
        one("gates", "seen: 'src\\a.py:1'"),
        ["voice.yaml:5: the place 'src\\a.py:1' has backslashes; write '/' between folders"],
    ),
    "a_place_with_a_bad_commit": (
        one("gates", "seen: a.py:1@main"),
        [
            "voice.yaml:5: the place 'a.py:1@main' does not end in a commit; a commit is 7 to 64 digits and letters a to f"
        ],
    ),
    "a_place_at_line_zero": (
        one("gates", "seen: a.py:0"),
        ["voice.yaml:5: the place 'a.py:0' counts lines from 1"],
    ),
    "an_audit_with_a_misspelt_field": (
        S + "audit: {leed: x}\n",
        ["voice.yaml:3: the audit has no 'leed'; did you mean 'lead'?"],
    ),
    "an_audit_as_text": (
        S + "audit: draft\n",
        [
            "voice.yaml:3: 'audit' wants keys and values, not plain text; write 'audit:' and 'client: ...' below it"
        ],
    ),
    "somebody_asked_without_a_name": (
        S + "audit: {asked: [{role: owner}]}\n",
        ["voice.yaml:3: somebody who was asked has no 'who'; write 'who: ...'"],
    ),
    "an_answer_without_an_outcome": (
        S + "answers:\n  - check: FIT-01\n",
        ["voice.yaml:4: an answer has no 'outcome'; write 'outcome: partial'"],
    ),
    "an_outcome_nobody_knows": (
        S + "answers:\n  - {check: FIT-01, outcome: ok}\n",
        ["voice.yaml:4: outcome cannot be 'ok'; choose pass, partial, fail, unknown, not_applicable or stated"],
    ),
    "a_check_in_lower_case": (
        S + "answers:\n  - {check: fit 1, outcome: pass}\n",
        ["voice.yaml:4: 'fit 1' is not the id of a check; did you mean 'FIT-01'?"],
    ),
    "a_check_with_its_component": (
        S + "waivers:\n  - {check: FIT-01@a, component: system, reason: x}\n",
        ["voice.yaml:4: 'FIT-01@a' is not the id of a check; write 'check: FIT-01' and 'component: a'"],
    ),
    "a_check_that_cannot_be_one": (
        S + "answers:\n  - {check: the first, outcome: pass}\n",
        [
            "voice.yaml:4: 'the first' is not the id of a check; write it like MON-04; 'auditkit checks' lists them"
        ],
    ),
    "a_waiver_without_a_reason": (
        S + "waivers:\n  - {check: FIT-01, component: system}\n",
        ["voice.yaml:4: a waiver has no 'reason'; write 'reason: pilot only'"],
    ),
    "a_waiver_of_an_unknown_component": (
        S + "integrations:\n  - id: crm\nwaivers:\n  - {check: GRD-02, component: crm_mcp, reason: x}\n",
        ["voice.yaml:6: no component 'crm_mcp' is in this file; did you mean 'crm' (line 4)?"],
    ),
    "a_waiver_that_ends_before_it_begins": (
        S
        + "waivers:\n  - {check: FIT-01, component: system, reason: x, since: 2026-11-20, expires: 2026-11-19}\n",
        [
            "voice.yaml:4: the waiver expires on 2026-11-19, before it begins on 2026-11-20; swap the two dates, or mend one"
        ],
    ),
    "a_task_that_closes_a_misspelt_check": (
        S + "plan:\n  - closes: [ACT4]\n",
        ["voice.yaml:4: 'ACT4' is not the id of a check; did you mean 'ACT-04'?"],
    ),
    "a_task_for_an_unknown_component": (
        S + "plan:\n  - closes: [ACT-04@save]\n",
        ["voice.yaml:4: no component 'save' is in this file; name the id of a component, or 'system'"],
    ),
    "evidence_named_twice": (
        S + "evidence:\n  - {id: a, source: b}\n  - {id: a, source: c}\n",
        ["voice.yaml:5: evidence 'a' stands twice, first in line 4; an id stands once in its section"],
    ),
    "a_short_sha256": (
        S + "evidence:\n  - {id: a, source: b, sha256: abc}\n",
        ["voice.yaml:4: a SHA-256 has 64 hex digits; take it from 'sha256sum FILE'"],
    ),
    "answers_as_a_mapping": (
        S + "answers: {FIT-01: pass}\n",
        ["voice.yaml:3: 'answers' wants a list, not keys and values; start each item with '- check: ...'"],
    ),
    "an_answer_as_text": (
        S + "answers: [FIT-01]\n",
        [
            "voice.yaml:3: an answer is written as keys and values, not as plain text; start it with '- check: ...'"
        ],
    ),
    "a_source_on_the_web": (
        S + "sources: {code: 'https://x.org'}\n",
        ["voice.yaml:3: code wants a path, not an address; fetch it first; nothing is downloaded"],
    ),
    "a_misspelt_source": (
        S + "sources: {logs: a.jsonl}\n",
        ["voice.yaml:3: 'sources' has no 'logs'; it holds code and runs"],
    ),
    "a_bad_date_of_a_statement": (
        stack("said_on: yesterday"),
        ["voice.yaml:3: said_on wants a date, not 'yesterday'; write year-month-day, such as 2026-11-20"],
    ),
    "a_note_that_is_a_list": (step("note: [a]"), ["voice.yaml:5: note wants text, not a list"]),
    "a_secret_for_a_choice": (
        step("decider: sk-proj-abcdefgh12345678"),
        [
            "voice.yaml:5: decider cannot be a value that looks like a secret (not shown); choose model, code or human"
        ],
    ),
    "a_secret_for_a_reference": (
        step("model: sk-proj-abcdefgh12345678"),
        [
            "voice.yaml:5: step a names model a value that looks like a secret (not shown), which is not in this file; list it under 'models'"
        ],
    ),
    "a_long_value_for_a_choice": (
        step("decider: " + "word " * 30),
        [
            "voice.yaml:5: decider cannot be 'word word word word word word word word…'; choose model, code or human"
        ],
    ),
    "several_problems_in_the_order_of_lines": (
        S + "steps:\n  - id: a\n    decidor: model\n    success: 1.7\n    next: [b]\nstages: []\n",
        [
            "voice.yaml:5: a step has no 'decidor'; did you mean 'decider'?",
            "voice.yaml:6: a success rate lies between 0 and 1, not 1.7; write .85, or {successes: 171, runs: 200}",
            "voice.yaml:7: step a names step 'b', which is not in this file; list it under 'steps', or take it out",
            "voice.yaml:8: the file has no section 'stages'; it holds version, stack, steps, actions, stores, integrations, knowledge, gates, monitoring, evals, models, agents, edge_cases, guardrails, incomplete, audit, answers, waivers, plan, evidence and sources",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_is_answered_with_place_problem_and_hint(name: str) -> None:
    text, messages = CASES[name]
    with pytest.raises(InputError) as error:
        stack_from_text(text, "voice.yaml")
    assert [str(problem) for problem in error.value.problems] == messages


@pytest.mark.parametrize("name", CASES)
def test_underlines_something_that_stands_in_the_line(name: str) -> None:
    text, _ = CASES[name]
    with pytest.raises(InputError) as error:
        stack_from_text(text, "voice.yaml")
    for problem in error.value.problems:
        if problem.line and problem.column:
            assert 1 <= problem.column <= len(problem.excerpt) + 1
            assert problem.length >= 1


@pytest.mark.parametrize("name", CASES)
def test_speaks_in_our_own_words(name: str) -> None:
    for message in CASES[name][1]:
        for foreign in (
            "while scanning",
            "while parsing",
            "expected <",
            "did not find",
            "Extra inputs",
            "Traceback",
            "validation error",
            "Error",
            "None",
            "please",
        ):
            assert foreign not in message


def underlined(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as error:
        stack_from_text(text, "voice.yaml")
    return [(p.excerpt, p.excerpt[p.column - 1 : p.column - 1 + p.length]) for p in error.value.problems]


def test_a_misspelt_key_is_underlined() -> None:
    assert underlined(step("decidor: model")) == [("    decidor: model", "decidor")]


def test_a_wrong_value_is_underlined() -> None:
    assert underlined(step("success: 1.7")) == [("    success: 1.7", "1.7")]
    assert underlined(one("integrations", "timeout_s: 12:30")) == [("    timeout_s: 12:30", "12:30")]
    assert underlined(one("actions", "gate: aproval"))[0][1] == "aproval"


def test_a_secret_is_never_quoted() -> None:
    for secret in (
        "sk-proj-abcdefgh12345678",
        "ghp_abcdefghijklmnop1234",
        "AKIAIOSFODNN7EXAMPLE",
        "postgres://admin:hunter2@db/x",
        "Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9",
    ):
        for text in (
            step(f"decider: {secret}"),
            step(f"model: {secret}"),
            step(f"success: {secret}"),
            S + f"steps:\n  - id: {secret}\n    zebra: 1\n",
            step(f"validation: {secret}"),
            one("knowledge", f"last_reviewed: {secret}"),
            one("gates", f"seen: {secret}"),
            S + f"answers: [{{check: {secret}, outcome: pass}}]\n",
        ):
            with pytest.raises(InputError) as error:
                stack_from_text(text, "voice.yaml")
            hidden = secret.partition("://")[2].partition("@")[0] or secret
            for problem in error.value.problems:
                assert hidden not in f"{problem}{problem.excerpt}"


def test_a_value_is_quoted_with_forty_characters_at_most() -> None:
    with pytest.raises(InputError) as error:
        stack_from_text(step("decider: " + "mo del " * 100), "voice.yaml")
    assert "mo del " * 6 not in f"{error.value}{error.value.problems[0].excerpt}"


def test_a_hopeless_file_is_cut_short() -> None:
    with pytest.raises(InputError) as error:
        stack_from_text(S + "".join(f"k{i}: 1\n" for i in range(1000)), "voice.yaml")
    assert len(error.value.problems) == 201
    assert str(error.value.problems[-1]) == "voice.yaml: and 800 more problems; mend these first"
