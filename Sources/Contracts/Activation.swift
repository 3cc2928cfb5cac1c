import LedgerCore

/// Commands of the members contract, from its version 2 on, that begin, pause and resume contracts
/// (decision 15).
enum Activation {
    /// Longest name of a release in bytes: `0.10.2`, with room.
    static let releaseBytesMax = 32

    /// Plans versions for a height that is to come. One activation waits at a time.
    static func activate(
        _ command: WireActivate, _ context: BlockContext, _ state: inout StateOverlay
    ) throws {
        try check(command.versions)
        guard isRelease(command.release) else { throw Refusal(.malformed) }
        var table = try ContractVersions.table(state)
        guard !table.hasPending else { throw Refusal(.activationWaits) }
        guard command.height > context.height else { throw Refusal(.heightPassed) }
        for version in command.versions {
            guard let row = table.contracts.first(where: { $0.name == version.contract }) else {
                continue
            }
            // Versions only go forward, also the oldest one.
            guard version.oldest == 0 || version.oldest >= row.oldest else {
                throw Refusal(.malformed)
            }
            let retires = version.version == row.newest && version.oldest > row.oldest
            guard version.version > row.newest || retires else { throw Refusal(.alreadyExists) }
        }
        let next = rows(table.contracts, command.versions)
        let members = next.first { $0.name == Contracts.Name.members.rawValue }
        // Whoever begins versions begins with what can begin more of them.
        guard let members, members.newest >= ContractVersions.membersVersion,
            next.count <= ContractVersions.contractsMax,
            table.begun.count < ContractVersions.activationsMax
        else { throw Refusal(.malformed) }
        table.pending = command
        state.set(.contracts, table)
    }

    /// Takes back what waits, named by its height.
    static func cancel(_ command: WireCancelActivation, _ state: inout StateOverlay) throws {
        var table = try ContractVersions.table(state)
        guard table.hasPending, table.pending.height == command.height else {
            throw Refusal(.unknownSubject)
        }
        table.clearPending()
        state.set(.contracts, table)
    }

    /// Stops or lets go on one contract, from the next transaction on.
    static func pause(_ contract: String, _ paused: Bool, _ state: inout StateOverlay) throws {
        // Without the members contract nothing could be resumed.
        guard contract != Contracts.Name.members.rawValue else { throw Refusal(.notPausable) }
        var table = try ContractVersions.table(state)
        guard let index = table.contracts.firstIndex(where: { $0.name == contract }) else {
            throw Refusal(.unknownSubject)
        }
        guard table.contracts[index].paused != paused else { throw Refusal(.alreadyExists) }
        table.contracts[index].paused = paused
        state.set(.contracts, table)
    }

    /// Refuses a list of versions that is not one: names, order, numbers.
    static func check(_ versions: [WireContractVersion]) throws {
        guard (1...ContractVersions.contractsMax).contains(versions.count),
            versions.allSatisfy({
                Name.isValid($0.contract) && $0.version > 0 && $0.oldest <= $0.version
            }),
            zip(versions, versions.dropFirst()).allSatisfy({ $0.contract < $1.contract })
        else { throw Refusal(.malformed) }
    }

    /// The contracts after an activation, by name.
    static func rows(
        _ before: [WireActiveContract], _ versions: [WireContractVersion]
    ) -> [WireActiveContract] {
        var rows = before
        for version in versions {
            if let index = rows.firstIndex(where: { $0.name == version.contract }) {
                rows[index].newest = version.version
                if version.oldest > 0 { rows[index].oldest = version.oldest }
            } else {
                rows.append(WireActiveContract(version))
            }
        }
        return rows.sorted { $0.name < $1.name }
    }

    private static func isRelease(_ text: String) -> Bool {
        (1...releaseBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
                    || $0 == 0x2e
            }
    }
}
