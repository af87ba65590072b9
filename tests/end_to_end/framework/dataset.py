# SPDX-License-Identifier: Apache-2.0
"""Real data, and the model that knows what must be there: keys with many revisions, leases and deletions.

    dataset.py large  FOLDER ADDRESS MIB   writes that much, of which nothing is remembered
    dataset.py fill   FOLDER ADDRESS       writes it through the JSON gateway; model.json in FOLDER says what is there then
    dataset.py full   FOLDER ADDRESS keys|history
                                           writes new keys, or the same ones again, until etcd refuses: the store is full
    dataset.py verify FOLDER ADDRESS...    asks each of them, linearizable: exactly that, and nothing else under its prefix
"""
import base64
import json
import os
import sys

from writer import Endpoint, encoded

PREFIX = "registry/"
KEYS = 20_400
LEASED = 400         # of them, with leases that outlive any test
CHANGED = 3_000      # get a second and a third value
DELETED = 1_500      # are deleted again
BATCH = 120          # etcd takes 128 operations in a transaction


def key_of(number):
    return f"{PREFIX}{('pods', 'secrets', 'leases', 'events')[number % 4]}/namespace-{number % 37}/object-{number:06d}"


def put(number, value, lease=0):
    request = {"key": encoded(key_of(number)), "value": encoded(value)}
    return {"requestPut": {**request, "lease": str(lease)} if lease else request}


def write(endpoint, operations):
    for at in range(0, len(operations), BATCH):
        endpoint.post("/v3/kv/txn", {"success": operations[at:at + BATCH]})


def fill(folder, address):
    endpoint = Endpoint(folder, address, timeout=30)
    lease = int(endpoint.post("/v3/lease/grant", {"TTL": "86400"})["ID"])
    model = {}

    def set_all(numbers, text):
        operations = []
        for number in numbers:
            held = lease if number < LEASED else 0
            value = f"{text} {number} " + "x" * (number % 90)
            version = model.get(key_of(number), ["", 0])[1] + 1
            model[key_of(number)] = [value, version, held]
            operations.append(put(number, value, held))
        write(endpoint, operations)

    set_all(range(KEYS), "first")
    set_all(range(0, CHANGED), "second")
    set_all(range(0, CHANGED), "third")
    gone = range(KEYS - DELETED, KEYS)
    write(endpoint, [{"requestDeleteRange": {"key": encoded(key_of(number))}} for number in gone])
    for number in gone:
        del model[key_of(number)]
    with open(os.path.join(folder, "model.json"), "w", encoding="ascii") as file:
        json.dump(model, file)


def large(folder, address, mebibytes):
    endpoint = Endpoint(folder, address, timeout=60)
    for number in range(mebibytes):
        value = encoded(f"{number:08d}" * (64 << 10 >> 3))
        endpoint.post("/v3/kv/txn", {"success": [
            {"requestPut": {"key": encoded(f"large/{number}/{part}"), "value": value}} for part in range(16)]})


def full(folder, address, of):
    endpoint = Endpoint(folder, address, timeout=60)
    value = encoded("full of " + of + "x" * (256 << 10))
    for number in range(1000):
        try:
            endpoint.post("/v3/kv/put", {"key": encoded(f"full/{number if of == 'keys' else number % 4:04d}"), "value": value})
        except OSError as problem:
            assert "space exceeded" in str(problem), problem
            return
    raise AssertionError("etcd took all of it")


def found_at(folder, address):
    answer = Endpoint(folder, address, timeout=60).post(
        "/v3/kv/range", {"key": encoded(PREFIX), "range_end": encoded(PREFIX[:-1] + chr(ord(PREFIX[-1]) + 1))})
    return {base64.b64decode(one["key"]).decode(): [base64.b64decode(one["value"]).decode(), int(one["version"]), int(one.get("lease", 0))]
            for one in answer.get("kvs", [])}


def verify(folder, addresses):
    with open(os.path.join(folder, "model.json"), encoding="ascii") as file:
        model = json.load(file)
    wrong = []
    for address in addresses:
        found = found_at(folder, address)
        wrong += [f"{address}: {key}: {found.get(key, 'is gone')}, not {model.get(key, 'there')}"
                  for key in sorted({*model, *found}) if model.get(key) != found.get(key)]
    if wrong:
        print(f"{len(wrong)} of {len(model)} keys are not as they must be:", *wrong[:5], sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill(sys.argv[2], sys.argv[3])
    elif sys.argv[1] == "large":
        large(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1] == "full":
        full(*sys.argv[2:5])
    else:
        sys.exit(verify(sys.argv[2], sys.argv[3:]))
