import Contracts
import Glibc
import LedgerCore
import TestSupport
import Testing

@Suite struct ExecutionTests {
    /// Blocks of every kind: accepted, refused, sealed or not; built once, applied to many ledgers.
    private func story(_ stage: Stage) throws -> [ExecutedBlock] {
        var blocks = [ExecutedBlock]()
        let ids = (0..<40).map { _ in stage.draw() }
        for round in 0..<8 {
            var transactions = [UnverifiedTransaction]()
            for (index, id) in ids.enumerated() where index % (round + 1) == 0 {
                let previous = UInt32(index % 3 == 0 ? round : 0)
                transactions.append(
                    try stage.records([stage.write(id, after: previous)], by: stage.home.doctor))
            }
            let half = transactions.count / 2
            blocks.append(
                try stage.ledger.apply(
                    [
                        stage.submission(Array(transactions[..<half])),
                        stage.submission(Array(transactions[half...])),
                    ].filter { !$0.transactions.isEmpty }, seals: round % 3 == 2))
        }
        return blocks
    }

    @Test func sameBatchesGiveTheSameHeaders() throws {
        let (one, other) = (try Stage(), try Stage())
        let first = try story(one)
        let second = try story(other)
        #expect(first.map(\.block.bytes) == second.map(\.block.bytes))
        #expect(first.contains { $0.outcomes.contains { $0.refusal != nil } })
    }

    /// Formats and rules are the chain's: a change of this value is a fork.
    @Test func headersAreTheSameInEveryRun() throws {
        let hash = try story(Stage(contracts: [])).last?.block.hash
        #expect(
            hash?.description == "8249f9fc23c78112531b6a687a4c90464c7189f1dc1ebe3f610b8c699eec1dcf")
    }

    @Test func headerSaysWhatTheBlockDid() throws {
        let stage = try Stage()
        var previous = stage.ledger.tip.hash
        var before = stage.ledger.leaves
        for block in try story(stage) {
            let header = try Header(bytes: block.block.headerBytes)
            #expect(header == block.header)
            #expect(header.previous == previous)
            #expect(header.acceptedRoot == MerkleTree(leaves: block.acceptedDigests).root)
            #expect(header.acceptedCount == block.acceptedDigests.count)
            #expect(header.refusedRoot == MerkleTree(leaves: block.refusalLeaves).root)
            #expect(header.refusedCount == block.refusalLeaves.count)
            #expect(header.acceptedCount + header.refusedCount == block.outcomes.count)
            #expect(header.batch == Domain.batch.digest(block.block.batchBytes))
            #expect(header.stateWrites == StateWrite.digest(of: block.writes))
            #expect(block.firstLeaf == UInt64(before.count))
            before += block.acceptedDigests
            #expect(header.logSize == UInt64(before.count))
            #expect(header.logRoot == MerkleTree(leaves: before).root)
            before.append(block.block.hash)
            #expect(block.tip.log.root == MerkleTree(leaves: before).root)
            previous = block.block.hash
            let refusals = try Block(bytes: block.block.bytes).refusals
            #expect(
                refusals.map(\.index)
                    == block.outcomes.indices.filter { block.outcomes[$0].refusal != nil })
        }
        #expect(stage.ledger.leaves == before)
    }

    @Test func genesisIsBlockZero() throws {
        let stage = try Stage()
        let empty = Execution(
            network: stage.ledger.genesis.digest, channel: "main", ordering: .local,
            entry: { _ in nil }, page: { _ in nil }, isAccepted: { _ in false }, members: { [] })
        let block = try empty.genesis(stage.ledger.genesis)
        #expect(block.header.height == 0)
        #expect(block.header.previous == .zero)
        #expect(block.header.timeMs == 1_700_000_000_000)
        #expect(block.header.logSize == 0)
        #expect(block.header.stateRoot == (try stage.ledger.rebuiltRoot()))
        #expect(stage.ledger.leaves == [block.block.hash])
    }

    @Test func stateRootIsThatOfAFreshTreeOverAllEntries() throws {
        let stage = try Stage()
        for seals in [false, true, false, false, true] {
            let transactions = try (0..<20).map { _ in
                try stage.records([stage.write(stage.draw())], by: stage.home.doctor) {
                    $0.released = [leaf(1)]
                    $0.claims = [.init(id: leaf(1), kind: .name, write: 0)]
                }
            }
            let block = try stage.ledger.apply([stage.submission(transactions)], seals: seals)
            #expect(block.header.stateRoot == (seals ? try stage.ledger.rebuiltRoot() : nil))
            #expect(block.tip.unsealed.isEmpty == seals)
        }
    }

    @Test func restartBetweenSealsChangesNothing() throws {
        let (one, other) = (try Stage(), try Stage())
        for (index, seals) in [false, false, false, true, false, true].enumerated() {
            for stage in [one, other] {
                let record = try stage.records(
                    [stage.write(stage.draw())], by: stage.home.doctor
                ) {
                    if index % 2 == 0 { $0.claims = [.init(id: leaf(1), kind: .name, write: 0)] }
                    if index % 2 == 1 { $0.released = [leaf(1)] }
                }
                try stage.ledger.apply([stage.submission([record])], seals: seals)
            }
            try other.ledger.restart()
            #expect(one.ledger.tip.hash == other.ledger.tip.hash, "block \(index)")
            #expect(one.ledger.tip.unsealed == other.ledger.tip.unsealed)
            #expect(one.ledger.tip.begun?.blocks == other.ledger.tip.begun?.blocks)
        }
        #expect(!other.ledger.pages.keys.contains { $0.first == UnsealedRow.prefix })
        #expect(one.ledger.pages == other.ledger.pages)
    }

    @Test func damagedUnsealedRowsAreErrors() throws {
        var tip = try Stage().ledger.tip
        let name = [UnsealedRow.prefix] + [UInt8](repeating: 0, count: 8)
        for (name, bytes) in [
            (name, [UInt8](repeating: 1, count: 63)), (Array(name.dropLast()), []),
            ([1] + name.dropFirst(), []), (name, [0]),
            (name, [0, 3] + [UInt8](repeating: 1, count: 34)),
        ] {
            #expect(throws: MalformedBytes.self) {
                try UnsealedRow.read(name: name, bytes: bytes, into: &tip)
            }
        }
    }

    @Test func submissionThatDoesNotDecodeIsLeftOutButStaysInTheBatch() throws {
        let stage = try Stage()
        let good = try stage.submission([
            stage.records([stage.write(stage.draw())], by: stage.home.doctor)
        ])
        let bytes: [[UInt8]] = [[1, 2, 3], good.bytes, []]
        let decoded = bytes.compactMap { try? Submission(bytes: $0) }
        #expect(decoded.count == 1)
        let batch = Batch(
            timeMs: stage.ledger.tip.timeMs + 5, seal: .now, submissions: bytes)
        let block = try stage.ledger.execution.apply(
            batch, submissions: decoded, verified: [:], after: stage.ledger.tip)
        #expect(block.outcomes.map(\.refusal) == [nil])
        #expect(try Batch(bytes: block.block.batchBytes).submissions == bytes)
    }

    @Test func badlyStampedSubmissionIsRefusedWholeAndCostsNobodyElse() throws {
        let stage = try Stage()
        let transactions = try (0..<3).map { _ in
            try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
        }
        var wire = try Submission(bytes: stage.submission(transactions).bytes)
        wire = try Submission(
            network: leaf(9), node: wire.node, transactions: transactions,
            signingWith: stage.home.nodeKey)
        // As others read it: what a node made itself it does not check again.
        let read = try Submission(bytes: wire.bytes)
        let block = try stage.ledger.apply([read, stage.submission(transactions)])
        #expect(
            block.outcomes.map(\.refusal)
                == [.stampInvalid, .stampInvalid, .stampInvalid, nil, nil, nil])
        #expect(block.outcomes.map(\.index) == [0, 1, 2, 0, 1, 2])
    }

    @Test func emptyBlockStillSeals() throws {
        let stage = try Stage()
        let block = try stage.ledger.apply([])
        #expect(block.writes.isEmpty)
        #expect(block.header.stateRoot == (try stage.ledger.rebuiltRoot()))
        #expect(block.header.acceptedRoot == TreeHash.empty)
        #expect(stage.ledger.leaves.count == 2)
    }

    @Test func timeOnlyMovesForward() throws {
        let stage = try Stage()
        let start = stage.ledger.tip.timeMs
        #expect(try stage.ledger.apply([], timeMs: 0).header.timeMs == start + 1)
        #expect(try stage.ledger.apply([], timeMs: start + 1).header.timeMs == start + 2)
        #expect(try stage.ledger.apply([], timeMs: start + 900).header.timeMs == start + 900)
        #expect(try stage.ledger.apply([], timeMs: .max).header.timeMs == Genesis.timeMsMax)
        #expect(try stage.ledger.apply([], timeMs: .max).header.timeMs == Genesis.timeMsMax + 1)
    }

    @Test func personEnrolledInABlockActsInTheSame() throws {
        let stage = try Stage()
        let person = try Person(500, roles: ["nurse"])
        let enrol = try stage.people(
            PeopleCommands.enrol(stage.home.description(person)), by: stage.home.administrator)
        let write = try stage.records([stage.write(stage.draw())], by: person)
        #expect(try stage.submit([write, enrol]) == [.stampInvalid, nil])
        #expect(try stage.submit([write]) == [nil])
        let other = try Stage()
        let together = try other.people(
            PeopleCommands.enrol(other.home.description(person)), by: other.home.administrator)
        let then = try other.records([other.write(other.draw())], by: person)
        #expect(try other.submit([together, then]) == [nil, nil])
    }

    /// Whoever checks beforehand may know more keys than the ledger; the outcome is the same.
    @Test func checkedBeforehandOrInPlaceGivesTheSameBlock() throws {
        let (one, other) = (try Stage(), try Stage())
        let stranger = try Person(501, roles: ["nurse"])
        func transactions(_ stage: Stage) throws -> [UnverifiedTransaction] {
            let doctor = stage.home.doctor
            var late = stage.intent(stranger.id, "records", [])
            late.channel = "other"
            return try [
                stage.records([stage.write(stage.draw())], by: doctor),
                stage.records([stage.write(stage.draw(), after: 4)], by: doctor),
                stage.records([stage.write(stage.draw())], by: stranger),
                stage.transaction(late, stamps: [(.author, stranger.key)]),
                stage.records(
                    [stage.write(stage.draw())], author: doctor,
                    stamps: [(.author, doctor.key), (.approve, stranger.key)]),
            ]
        }
        let known = try [one.home.doctor, stranger].reduce(into: [Digest: (PublicKey, ParsedKey)]())
        {
            let key = try $1.key.publicKey()
            $0[key.id] = (key, try ParsedKey(key))
        }
        let beforehand = try transactions(one)
        let verified = try Dictionary(
            uniqueKeysWithValues: beforehand.map { transaction in
                (transaction.digest, try transaction.verified { known[$0] })
            })
        let first = try one.ledger.apply([one.submission(beforehand)], verified: verified)
        let second = try other.ledger.apply([other.submission(transactions(other))])
        #expect(first.block.bytes == second.block.bytes)
        #expect(first.outcomes.map(\.refusal) == second.outcomes.map(\.refusal))
        #expect(
            first.outcomes.map(\.refusal)[2...] == [.stampInvalid, .stampInvalid, .stampInvalid])
    }

    @Test func orderInWhichAStoreHoldsItsEntriesDoesNotMatter() throws {
        let stage = try Stage()
        _ = try story(stage)
        let transactions = try (0..<10).map { _ in
            try stage.records([stage.write(stage.draw())], by: stage.home.doctor)
        }
        let submission = try stage.submission(transactions)
        let batch = Batch(
            timeMs: stage.ledger.tip.timeMs + 1, seal: .now, submissions: [submission.bytes])
        let expected = try stage.ledger.execution.apply(
            batch, submissions: [submission], verified: [:], after: stage.ledger.tip)
        var random = SeededGenerator(seed: 3)
        for _ in 0..<5 {
            var tip = stage.ledger.tip
            tip.unsealed = tip.unsealed.map {
                Unsealed(height: $0.height, changes: $0.changes.shuffled(using: &random))
            }
            let block = try stage.ledger.execution.apply(
                batch, submissions: [submission], verified: [:], after: tip)
            #expect(block.block.bytes == expected.block.bytes)
            #expect(block.pages == expected.pages)
        }
    }

    /// Seconds of processor time that this thread has used: what else runs does not count.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test func workOnABlockIsLinearInItsTransactions() throws {
        let stage = try Stage()
        let doctor = stage.home.doctor
        let key = try doctor.key.publicKey()
        let parsed = try ParsedKey(key)
        func seconds(_ count: Int) throws -> Double {
            let transactions = try (0..<count).map { _ in
                try stage.records([stage.write(stage.draw())], by: doctor)
            }
            let submission = try stage.submission(transactions)
            let verified = try Dictionary(
                uniqueKeysWithValues: transactions.map { transaction in
                    (transaction.digest, try transaction.verified { _ in (key, parsed) })
                })
            let start = ExecutionTests.processorSeconds()
            let block = try stage.ledger.apply([submission], verified: verified)
            let seconds = ExecutionTests.processorSeconds() - start
            let outcomes = block.outcomes.map(\.refusal)
            #expect(outcomes == [RefusalReason?](repeating: nil, count: count))
            return seconds
        }
        let small = try min(seconds(500), seconds(500), seconds(500))
        let large = try min(seconds(5000), seconds(5000))
        // Linear is 10, quadratic up to 100; the rest is room for busy machines.
        #expect(large < 18 * small, "500: \(small) s, 5,000: \(large) s")
    }
}
