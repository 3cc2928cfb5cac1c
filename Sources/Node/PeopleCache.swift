import Contracts
import LedgerCore
import Synchronization

/// People as the applied state has them, read once until something about people or keys changes:
/// every request asks who makes it.
final class PeopleCache: Sendable {
    /// Beyond so many people it starts anew.
    private static let capacity = 4_096
    /// How the keys of people's and keys' entries begin.
    private static let kinds = [UInt8(ascii: "p"), UInt8(ascii: "k")]
    private let state = Mutex(State())

    private struct State {
        /// How often people or keys have changed.
        var changes = 0
        var people: [Identifier: PeopleDirectory.Person] = [:]
    }

    /// A person, read by `load` where it is not kept; `nil` where there is none.
    func person(
        _ id: Identifier, load: () throws -> PeopleDirectory.Person?
    ) throws -> PeopleDirectory.Person? {
        let (found, changes) = state.withLock { ($0.people[id], $0.changes) }
        if let found { return found }
        guard let person = try load() else { return nil }
        state.withLock { state in
            // What was read before a change is not kept after it.
            guard state.changes == changes else { return }
            if state.people.count >= PeopleCache.capacity { state.people = [:] }
            state.people[id] = person
        }
        return person
    }

    /// Takes note of what a block wrote. Called once the state has it, before anybody is told of
    /// the block.
    func note(_ writes: [StateWrite]) {
        let isOfPeople = writes.contains { write in
            write.key.first.map(PeopleCache.kinds.contains) ?? false
        }
        guard isOfPeople else { return }
        state.withLock { state in
            state.changes += 1
            state.people = [:]
        }
    }
}
