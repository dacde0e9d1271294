"""Published vectors: what the specifications and other people's tests write, we read, verify and write as they do.

Sources: C2SP signed-note.md, tlog-checkpoint.md, tlog-cosignature.md, tlog-witness.md and tlog-policy.md (2026-07);
golang.org/x/mod sumdb/note, note_test.go; filippo.io/torchwood, cmd/litewitness/testdata/mldsa.txt; a checkpoint of
Google's staging CT log of 2026-05, with the key of its witness remora.n621.de.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ledger.trees import signer

from garim.core.errors import Disproved, Malformed
from garim.core.vkey import Kind, SigningKey, VerifierKey
from garim.ledger import cosignature, keys, note, policy, witness
from garim.ledger.checkpoint import opened, read
from garim.ledger.witness import Seen

FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
SALVATORE = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""  # noqa: E501 - as published
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501 - as published
ADD_CHECKPOINT = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501 - as published
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
PETER_TEXT = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.
"""
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
STAGING = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501 - as published
STAGING_KEY = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
SMARTIT = "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO"


def parsed(text: str) -> note.Note:
    found = note.parse(text.encode())
    assert bytes(found).decode() == text
    return found


def test_the_example_of_signed_note() -> None:
    key = VerifierKey.parse(FOO)
    assert note.verified(parsed(FOO_NOTE), [key]) == (key,)
    with pytest.raises(Disproved):
        note.verified(parsed(FOO_NOTE.replace("example message", "example massage")), [key])


def test_the_poem_has_an_empty_line_of_its_own() -> None:
    assert parsed(SALVATORE).text.splitlines()[2:] == ["", "ed è subito sera."]


def test_the_sofa_as_checkpoint_and_cosignature_have_it() -> None:
    found = parsed(SOFA)
    tree = read(found.text)
    assert (tree.origin, tree.size, tree.root.hex()[:8]) == ("example.com/behind-the-sofa", 20852163, "0ac5186a")
    assert [line.id.hex() for line in found.signatures] == ["033de0ae", "8d66cf3f"]
    at, signature = cosignature.split(found.signatures[1].value)
    assert (at, len(signature)) == (1679315147, 64)


def test_what_an_ed25519_cosigner_signs_of_the_sofa() -> None:
    expected = "cosignature/v1\ntime 1679315147\n" + SOFA.split("\n\n")[0] + "\n"
    made = cosignature.message(Kind.COSIGN_ED25519, "witness.example.com/w1", 1679315147, parsed(SOFA).text)
    assert made.decode() == expected


def test_the_request_of_tlog_witness() -> None:
    request = witness.read(ADD_CHECKPOINT.encode())
    assert (request.old, len(request.proof), request.checkpoint.size) == (20852014, 4, 20852163)
    assert request.proof[0].hex()[:8] == "3e544d0a"
    assert [line.name for line in request.note.signatures] == ["example.com/behind-the-sofa"] * 2


def test_the_policy_of_tlog_policy() -> None:
    names = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
    who = {name: signer(f"w.example/{name}", Kind.COSIGN_ED25519).vkey for name in names}
    text = f"log {signer('log.example/a').vkey}\n\n" + "".join(f"witness {name} {who[name]}\n" for name in names[:3])
    text += "group X-witnesses 2 X1 X2 X3\n\n" + "".join(f"witness {name} {who[name]}\n" for name in names[3:])
    text += "group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
    found = policy.read(text.encode())
    found.satisfied_by([who["X1"], who["X3"], who["Y2"]])
    for few in (["X1", "X2", "X3"], ["X1", "Y1", "Y2", "Y3"], []):
        with pytest.raises(Disproved):
            found.satisfied_by([who[name] for name in few])


def test_go_signs_what_we_sign() -> None:
    secret = SigningKey.parse(PETER_SECRET)
    signer_ = keys.derived(secret)
    assert str(signer_.vkey) == PETER
    assert signer_.secret.secret_text == PETER_SECRET
    assert bytes(note.signed(PETER_TEXT, [signer_], 0)).decode() == PETER_TEXT + "\n" + PETER_LINE


def test_go_refuses_the_keys_that_we_refuse() -> None:
    def mangled(text: str) -> list[str]:
        whole = range(len(text) + 1)
        cut = [text[start:end] for start in whole for end in whole if start < end and end - start < len(text)]
        return cut + [text[:i] + chr(ord(text[i]) + 1) + text[i + 1 :] for i in range(len(text))]

    wrong_length = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
    unknown_kind = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    VerifierKey.parse(PETER)
    for bad in (*mangled(PETER), wrong_length, unknown_kind):
        with pytest.raises(Malformed):
            VerifierKey.parse(bad)
    keys.derived(SigningKey.parse(PETER_SECRET))
    for bad in mangled(PETER_SECRET):
        with pytest.raises(Malformed):
            keys.derived(SigningKey.parse(bad))


def test_go_opens_the_notes_that_we_open() -> None:
    peter, enoch = VerifierKey.parse(PETER), VerifierKey.parse(ENOCH)
    both = parsed(PETER_TEXT + "\n" + PETER_LINE + ENOCH_LINE)
    assert note.verified(both, [peter]) == (peter,)
    assert note.verified(both, [enoch, peter]) == (peter, enoch)
    with pytest.raises(Disproved, match="no key"):
        note.verified(both, [])
    lengthened = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    with pytest.raises(Disproved, match="does not hold"):
        note.verified(parsed(PETER_TEXT + "\n" + lengthened), [peter])
    false_and_unknown = ENOCH_LINE[:60] + "ABCD" + ENOCH_LINE[60:]
    repeated = PETER_LINE * 2 + ENOCH_LINE * 2 + false_and_unknown
    assert note.verified(parsed(PETER_TEXT + "\n" + repeated), [peter]) == (peter,)


@pytest.mark.parametrize(
    "text",
    [
        PETER_TEXT,
        PETER_TEXT + "\n",
        PETER_TEXT + "\n" + PETER_LINE[:-1],
        "\x01" + PETER_TEXT + "\n" + PETER_LINE,
        PETER_TEXT + "\n" + PETER_LINE.replace("PeterNeumann", "Bad Name"),
        PETER_TEXT + "\n" + PETER_LINE + "Unexpected line.\n",
        PETER_TEXT + "\n" + PETER_LINE * 101,
    ],
)
def test_go_refuses_the_notes_that_we_refuse(text: str) -> None:
    with pytest.raises(Malformed):
        note.parse(text.encode())


def test_a_checkpoint_of_a_public_log_with_cosignatures_of_public_witnesses() -> None:
    log, remora, smartit = (VerifierKey.parse(text) for text in (STAGING_KEY, REMORA, SMARTIT))
    found = parsed(STAGING)
    assert opened(found, [log]).size == 1432088532
    assert note.verified(found, [smartit, remora]) == (smartit, remora)
    assert cosignature.split(found.signatures[4].value)[0] == 1779573024
    with pytest.raises(Disproved):
        note.verified(parsed(STAGING.replace("1432088532", "1432088531")), [remora])


def test_an_ml_dsa_log_of_torchwood_and_its_request_to_a_witness() -> None:
    key, body = (Path(__file__).parent / "torchwood_mldsa.txt").read_bytes().split(b"\n", 1)
    log = VerifierKey.parse(key.decode())
    assert (log.kind, log.id.hex()) == (Kind.COSIGN_ML_DSA_44, "b5df45c5")
    request = witness.read(body)
    assert opened(request.note, [log]) == request.checkpoint
    assert cosignature.split(request.note.signatures[0].value)[0] == 0
    assert witness.answer(request, [log], witness.NEVER).status == 200
    assert witness.answer(request, [log], Seen(2, bytes(32), 1)).status == 409
    with pytest.raises(Disproved):
        opened(note.Note(request.note.text.replace("\n1\n", "\n2\n"), request.note.signatures), [log])
