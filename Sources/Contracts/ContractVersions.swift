package import LedgerCore

/// Which versions of which contracts a ledger runs: an entry of the state, changed by the majority
/// of its members, from a height on (decision 15).
///
/// Whether a version is accepted follows from the state alone, never from what this program has, so
/// that programs of different age decide alike; one that lacks a version stops before the block in
/// which it begins.
package enum ContractVersions {
    /// Contracts of one ledger, and so versions in one activation.
    static let contractsMax = 64
    /// Activations in a ledger's life; the state keeps their heights.
    static let activationsMax = 1_000
    /// The version of the members contract that knows activations, pauses and the roll.
    static let membersVersion: UInt32 = 2

    /// What a ledger runs that was founded before versions were in the state.
    private static let before: WireContractsState = {
        var table = WireContractsState()
        table.contracts = [Contracts.Name.members, .people, .records].map { name in
            var row = WireActiveContract()
            row.name = name.rawValue
            row.oldest = 1
            row.newest = 1
            return row
        }
        return table
    }()

    /// All that this program has: what a new network begins with.
    package static var present: [WireContractVersion] {
        Contracts.Name.allCases.sorted { $0.rawValue < $1.rawValue }.map { name in
            var version = WireContractVersion()
            version.contract = name.rawValue
            version.version = name.versions.upperBound
            version.oldest = name.versions.lowerBound
            return version
        }
    }

    /// The entry; `nil` where no activation was ever accepted on a ledger that was founded without.
    static func entry(_ state: StateOverlay) throws -> WireContractsState? {
        try state.value(.contracts, as: WireContractsState.self)
    }

    /// What the ledger runs.
    package static func table(_ state: StateOverlay) throws -> WireContractsState {
        try entry(state) ?? before
    }

    /// Whether a version is accepted at present.
    package static func isActive(
        _ contract: String, _ version: UInt32, _ state: StateOverlay
    ) throws -> Bool {
        try table(state).contracts.contains {
            $0.name == contract && $0.oldest <= version && version <= $0.newest
        }
    }

    /// The contract that an intent speaks to, where the ledger runs that version now.
    static func active(_ intent: Intent, _ state: StateOverlay) throws -> Contracts.Name {
        let entry = try entry(state)
        let rows = (entry ?? before).contracts
        guard let row = rows.first(where: { $0.name == intent.contract }) else {
            throw Refusal(.unknownContract)
        }
        guard row.oldest <= intent.contractVersion, intent.contractVersion <= row.newest else {
            // Before versions were in the state this was the reason, and replay must come to it.
            throw Refusal(entry == nil ? .unknownContract : .versionNotActive)
        }
        guard !row.paused else { throw Refusal(.contractPaused) }
        guard let name = Contracts.Name(rawValue: row.name),
            name.versions.contains(intent.contractVersion)
        else { throw LackedVersion(row.name, intent.contractVersion) }
        return name
    }

    /// Whether an intent may begin versions, or take that back, on a ledger whose members contract
    /// does not know them yet.
    static func isFirst(_ intent: Intent, _ state: StateOverlay) throws -> Bool {
        guard intent.contract == Contracts.Name.members.rawValue,
            intent.contractVersion == membersVersion,
            try !isActive(intent.contract, membersVersion, state),
            let command: WireMembersCommand = try? Contracts.command(intent.command)
        else { return false }
        switch command.command {
        case .activate, .cancelActivation: return true
        case .admit, .addNode, .retireNode, .pause, .resume, nil: return false
        }
    }

    /// Founds a ledger with the versions that its genesis names; none: as before they could be.
    static func found(_ versions: [WireContractVersion], state: inout StateOverlay) throws {
        guard !versions.isEmpty else { return }
        try Activation.check(versions)
        var table = WireContractsState()
        table.contracts = versions.map(WireActiveContract.init)
        try requireKnown(table, release: "")
        for row in table.contracts { try Migration.run(row.name, from: 0, to: row.newest, &state) }
        state.set(.contracts, table)
    }

    /// Lets an activation take effect whose height has come: the first thing in its block. Its
    /// migrations are part of that block.
    ///
    /// - Throws: `LackedVersion` where this program lacks a version.
    package static func begin(height: UInt64, state: inout StateOverlay) throws {
        guard var table = try entry(state), table.hasPending, table.pending.height <= height else {
            return
        }
        let pending = table.pending
        let before = table.contracts
        table.contracts = Activation.rows(before, pending.versions)
        try requireKnown(table, release: pending.release)
        table.clearPending()
        table.begun.append(pending.height)
        state.set(.contracts, table)
        for version in pending.versions {
            let row = before.first { $0.name == version.contract }
            try Migration.run(
                version.contract, from: row?.newest ?? 0, to: version.version, &state)
        }
    }

    /// What this program lacks to make the block of that height; `nil` where it lacks nothing.
    package static func lacked(at height: UInt64, _ state: StateOverlay) throws -> LackedVersion? {
        let table = try table(state)
        do {
            try requireKnown(table, release: "")
            if table.hasPending, table.pending.height <= height {
                var next = table
                next.contracts = Activation.rows(table.contracts, table.pending.versions)
                try requireKnown(next, release: table.pending.release)
            }
            return nil
        } catch let lacked as LackedVersion {
            return lacked
        }
    }

    private static func requireKnown(_ table: WireContractsState, release: String) throws {
        for row in table.contracts {
            guard let name = Contracts.Name(rawValue: row.name),
                name.versions.contains(row.newest)
            else { throw LackedVersion(row.name, row.newest, release: release) }
        }
    }
}

/// A ledger runs, or is about to, a version of a contract that this program does not have.
package struct LackedVersion: Error, Hashable, Sendable {
    package let contract: String
    package let version: UInt32
    /// The release of Cairn that the activation named; empty where it is not known any more.
    package let release: String

    init(_ contract: String, _ version: UInt32, release: String = "") {
        self.contract = contract
        self.version = version
        self.release = release
    }

    /// What is lacked, and where to get it.
    package var message: String {
        let needed = release.isEmpty ? "" : "; Cairn \(release) has it"
        return "version \(version) of the contract \(contract) is not in this program\(needed)"
    }
}

extension WireActiveContract {
    /// A contract that is new to a ledger.
    init(_ version: WireContractVersion) {
        self.init()
        name = version.contract
        newest = version.version
        oldest = version.oldest == 0 ? version.version : version.oldest
    }
}
