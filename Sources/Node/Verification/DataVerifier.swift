import Contracts
import Identity
import LedgerCore
import Storage
import Vault

/// Re-checks everything in a data directory, offline and without changing a file: the chain and all
/// its stamps and roots by replay; the state against that replay; catalogue and fragments; that
/// every committed version can be rebuilt from fragments and is what its commitment names; the
/// index against those versions.
package struct DataVerifier: Sendable {
    private let directory: DataDirectory

    package init(_ directory: DataDirectory) { self.directory = directory }

    /// Runs all checks.
    ///
    /// - Throws: `NodeError.conflict` while a node holds the directory, `notFound` where there is
    ///   none.
    package func run() async throws -> VerificationReport {
        let lock = try directory.lock()
        defer { lock.release() }
        var report = VerificationReport()
        guard FileSystem.exists(directory.genesis) else {
            throw NodeError(
                .notFound, "\(directory.path) holds no network: there is no genesis.cairn",
                hint: "name the data directory of a node with --data DIR")
        }
        guard let identity = openIdentity(&report) else { return report }
        report.network = identity.genesis.digest.description
        var replay = Replay(identity: identity, channel: CairnNode.channel, directory: directory)
        try await replay.run(&report)
        checkVault(identity, replay, &report)
        return report
    }

    private func openIdentity(_ report: inout VerificationReport) -> NodeIdentity? {
        do {
            _ = try Genesis(
                bytes: try FileSystem.read(directory.genesis, limitBytes: WireLimit.genesisBytes))
        } catch {
            let reason = (error as? NodeError)?.message ?? "\(error)"
            report.damage("genesis", directory.genesis, "it does not check: \(reason)")
            return nil
        }
        do {
            return try NodeIdentity.open(directory)
        } catch let error as KeyFileError {
            report.damage("keys", error.path, error.message)
        } catch {
            let reason = (error as? NodeError)?.message ?? "\(error)"
            report.damage("keys", directory.nodeKeys, reason)
        }
        return nil
    }

    private func checkVault(
        _ identity: NodeIdentity, _ replay: Replay, _ report: inout VerificationReport
    ) {
        do {
            let inspector = try VaultInspector(
                VaultConfiguration(directory: directory.path),
                storageRootKey: identity.keys.storageRoot,
                verify: CatalogueSigning.verify(identity.keys))
            report.add("catalogue", inspector.inspectCatalogue())
            report.add("fragments", inspector.inspectFragments())
            var versions = VersionCheck(expected: replay.versions)
            try inspector.inspectVersions(Set(replay.versions.keys)) { locator, result in
                versions.check(locator, result, &report)
            }
            report.orphans = try inspector.unsettledVersions()
                .count { replay.versions[$0.locator] == nil }
            report.versions = replay.versions.count
            report.records = Set(replay.versions.values.map(\.record)).count
            try IndexCheck(directory: directory.index, versions: versions.seen).run(&report)
        } catch {
            report.damage("catalogue", directory.catalogue, "\(error)")
        }
    }
}

private typealias VaultFinding = Finding

extension VerificationReport {
    fileprivate mutating func add(_ part: String, _ found: [VaultFinding]) {
        for finding in found {
            switch finding.severity {
            case .damage: damage(part, finding.place, finding.reason)
            case .warning: warn(part, finding.place, finding.reason)
            }
        }
    }
}

/// A version that the chain says was committed.
struct CommittedVersion: Sendable {
    let record: Identifier
    let version: UInt32
    let commitment: Commitment
    let height: UInt64
    let transaction: Digest
}
