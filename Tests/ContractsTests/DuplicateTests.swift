import Contracts
import LedgerCore
import TestSupport
import Testing

/// What was accepted once is not accepted again: the same bytes, the same intent under other
/// stamps, alone or as a proposal, within its window, after it, and after a restart.
@Suite struct DuplicateTests {
    /// A random life of one ledger, in which everything is handed in again and again.
    private struct Life {
        var random: SeededGenerator
        let stage: Stage
        /// Intents by what they would do, with everybody who may stamp them.
        var intents: [Intent] = []
        /// How often each intent took effect.
        var effects: [Digest: Int] = [:]
        var accepted: [Digest: Int] = [:]
        var refused = Set<RefusalReason>()
        private var values = 0

        init(random: SeededGenerator) throws {
            self.random = random
            stage = try Stage()
        }

        /// A fresh intent: an attribute that nobody has, so that each effect can be counted.
        mutating func draw() {
            values += 1
            let command = PeopleCommands.grantAttribute(
                "unit", "u\(values)", to: stage.home.nurse.id)
            var intent = stage.intent(
                stage.home.administrator.id, "people", Wire.encode(command), version: 2)
            intent.notAfterMs = intent.notBeforeMs + UInt64.random(in: 1...900_000, using: &random)
            intents.append(intent)
        }

        /// Takes the attribute away again: the state itself does not stand in the way.
        private func undo() throws {
            let person = try stage.ledger.state(
                .person(stage.home.nurse.id), as: WirePersonState.self)
            for text in person?.attributes ?? [] {
                let value = String(text.dropFirst("unit=".count))
                let command = PeopleCommands.revokeAttribute(
                    "unit", value, of: stage.home.nurse.id)
                try stage.accept(
                    stage.transaction(
                        stage.intent(
                            stage.home.administrator.id, "people", Wire.encode(command),
                            version: 2), stamps: [(.author, stage.home.administrator.key)]))
            }
        }

        mutating func step() throws {
            guard let intent = intents.randomElement(using: &random) else { return }
            let home = stage.home
            let own: [(StampPurpose, SigningKey)] = [(.author, home.administrator.key)]
            let both = own + [(.approve, home.doctor.key)]
            let transaction: UnverifiedTransaction
            switch Int.random(in: 0..<6, using: &random) {
            case 0: transaction = try stage.transaction(intent, stamps: own)
            case 1: transaction = try stage.transaction(intent, stamps: both)
            case 2: transaction = try stage.propose(intent, by: home.administrator)
            case 3:
                transaction = try stage.propose(
                    intent, .person(home.doctor.id), by: home.administrator)
            case 4: transaction = try stage.approve(intent, by: home.doctor)
            default: transaction = try stage.refuse(intent, by: home.doctor)
            }
            let times = Int.random(in: 1...3, using: &random)
            let batch = Array(repeating: transaction, count: times)
            let skip = [1_000, 1_000, 60_000, 700_000].randomElement(using: &random) ?? 1_000
            let before = try held()
            let outcomes = try stage.ledger.apply(
                [stage.submission(batch)], timeMs: stage.ledger.tip.timeMs + UInt64(skip)
            ).outcomes
            refused.formUnion(outcomes.compactMap(\.refusal))
            for outcome in outcomes where outcome.refusal == nil {
                accepted[outcome.transaction.id, default: 0] += 1
            }
            for text in try held().subtracting(before) {
                let index = Int(text.dropFirst("unit=u".count)) ?? 0
                effects[Intent.id(of: intents[index - 1].bytes), default: 0] += 1
            }
            try undo()
            if Int.random(in: 0..<4, using: &random) == 0 { try stage.ledger.restart() }
        }

        private func held() throws -> Set<String> {
            let person = try stage.ledger.state(
                .person(stage.home.nurse.id), as: WirePersonState.self)
            return Set(person?.attributes ?? [])
        }
    }

    @Test func nothingTakesEffectTwice() async throws {
        let cases = Soak.cases(usual: 100, long: 4_000)
        var reasons = Set<RefusalReason>()
        var effects = 0
        for await item in cases {
            var life = try Life(random: item.random)
            for step in 0..<40 {
                if step % 8 == 0 { life.draw() }
                try life.step()
            }
            #expect(life.effects.values.allSatisfy { $0 == 1 }, "\(item)")
            #expect(life.accepted.values.allSatisfy { $0 == 1 }, "\(item)")
            reasons.formUnion(life.refused)
            effects += life.effects.count
        }
        guard !cases.areFew else { return }
        #expect(effects > cases.count)
        #expect(reasons.isSuperset(of: [.duplicate, .outsideWindow, .unknownProposal]))
    }
}
