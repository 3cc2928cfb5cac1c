package import Crypto
import Glibc
import KeyValue
import LedgerCore

/// Looks a vault over while no node runs. Changes no file.
///
/// Memory grows with the number of packs and of locators asked for (some 100 bytes each), not with
/// their content.
package struct VaultInspector: Sendable {
    let configuration: VaultConfiguration
    let walk: CatalogueWalk
    let keys: StorageKeys
    let fragments: FragmentStore

    /// `verify` checks a catalogue record's signature: what was signed, and the signature.
    package init(
        _ configuration: VaultConfiguration, storageRootKey: SymmetricKey,
        verify: @escaping @Sendable (_ bytes: [UInt8], _ signature: [UInt8]) -> Bool
    ) throws {
        self.configuration = configuration
        keys = StorageKeys(root: storageRootKey)
        fragments = try FragmentStore(
            providers: configuration.providers, code: configuration.erasureCode,
            margin: configuration.durableMargin)
        walk = CatalogueWalk(
            directory: Catalogue.folder(configuration.directory),
            signer: CatalogueSigner(
                sign: { _ in throw VaultError.refused("an inspection signs nothing") },
                verify: verify))
    }

    /// Walks the catalogue from its first record and compares the lookup store with it.
    package func inspectCatalogue() -> [Finding] {
        var findings: [Finding] = []
        let (expected, unopened) = openLookup()
        do {
            let tail = try walk.run(from: nil) { position, record in
                expected?.compare(record, at: position)
            }
            if tail.isTorn || tail.headless != nil {
                let file = CatalogueFile.path(walk.directory, tail.headless ?? tail.file ?? 0)
                findings.append(
                    Finding(
                        .warning, "\(file)@\(tail.headless == nil ? tail.offset : 0)",
                        "a crash cut an append short; the next open cuts it off"))
            }
            findings += expected?.compareEnd(with: tail) ?? []
        } catch { findings += (expected?.rowFindings ?? []) + [Finding(error)] }
        if let unopened { findings.append(unopened) }
        return findings
    }

    /// The versions of which it is not settled whether the ledger names them, each with the end of
    /// its window (block time, milliseconds since 1970).
    package func unsettledVersions() throws -> [NamedVersion] {
        let keystore = try Keystore(
            path: Vault.keyrings(configuration.directory), keys: keys, readOnly: true)
        defer { keystore.close() }
        var found: [NamedVersion] = []
        try keystore.namings {
            found.append($0)
            return true
        }
        return found
    }

    /// The lookup store, or why there is none: it was never made, or it cannot be read. Either way
    /// the next open builds it anew.
    private func openLookup() -> (LookupExpectation?, Finding?) {
        let path = Catalogue.index(configuration.directory)
        do {
            return (try LookupExpectation(configuration.directory), nil)
        } catch {
            let exists = access(path + "/CURRENT", F_OK) == 0
            let finding =
                exists
                ? Finding(.damage, path, "it cannot be read: \(error); delete it to rebuild it")
                : Finding(.warning, path, "there is none; the next open builds it anew")
            return (nil, finding)
        }
    }

    /// Reads every fragment that the catalogue names and checks it against its digest, then looks
    /// for files that the catalogue does not name.
    package func inspectFragments() -> [Finding] {
        var findings: [Finding] = []
        var known: Set<Digest> = []
        var missing: [Identifier: [Finding]] = [:]
        do {
            _ = try walk.run(from: nil) { _, record in
                let digests = record.pack.fragments.map(\.digest)
                if record.isCollected {
                    missing[record.pack.pack] = nil
                    known.subtract(digests)
                } else {
                    let found = inspect(record.pack)
                    missing[record.pack.pack] = found.isEmpty ? nil : found
                    known.formUnion(digests)
                }
            }
            for (_, found) in missing.sorted(by: { $0.key < $1.key }) { findings += found }
        } catch {
            findings.append(Finding(error))
            return findings
        }
        for provider in configuration.providers {
            do {
                try provider.list { name in
                    if let digest = Digest(hex: name), !known.contains(digest) {
                        findings.append(
                            Finding(
                                .warning, "provider \(provider.name), fragment \(name)",
                                "the catalogue does not name it"))
                    }
                } stray: {
                    findings.append(
                        Finding(.warning, "provider \(provider.name), \($0)", "not a fragment"))
                }
            } catch { findings.append(Finding(error)) }
        }
        return findings
    }

    private func inspect(_ record: PackRecord) -> [Finding] {
        var findings: [Finding] = []
        for index in record.fragments.indices {
            do { _ = try fragments.read(record, index) } catch { findings.append(Finding(error)) }
        }
        let good = record.code.count - findings.count
        if good < record.code.dataShards {
            findings.append(
                Finding(
                    .damage, "pack \(record.pack)",
                    "\(good) good fragments are left and \(record.code.dataShards) are needed"))
        }
        return findings
    }
}
