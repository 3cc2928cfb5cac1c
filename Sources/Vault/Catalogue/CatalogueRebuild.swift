package import Crypto
import LedgerCore

/// Makes a lost catalogue anew from the fragments at the providers: packs describe themselves.
package enum CatalogueRebuild {
    /// What a rebuild found.
    package struct Outcome: Sendable {
        /// Packs in the new catalogue.
        package let packs: Int
        /// Packs of which fragments are left, but too few good ones, or of which the table of
        /// contents does not open.
        package let lost: [VaultError]
    }

    private struct Found {
        let header: FragmentHeader
        let name: String
        let provider: DirectoryProvider
    }

    /// Rebuilds every pack that still has k good fragments and appends it to a new catalogue, in
    /// the order of pack ids. The lookup store follows at the next open of the vault.
    ///
    /// Packs that a crash left behind without a catalogue record come back too; nothing refers to
    /// them. Throws `refused` where a catalogue exists. Changes nothing at the providers. Blocking.
    package static func run(
        _ configuration: VaultConfiguration, storageRootKey: SymmetricKey, signer: CatalogueSigner
    ) throws -> Outcome {
        let folder = Catalogue.folder(configuration.directory)
        guard try Posix.names(in: folder).isEmpty else {
            throw VaultError.refused("\(folder) is not empty")
        }
        let index = Catalogue.index(configuration.directory)
        for name in try Posix.names(in: index) { try Posix.remove("\(index)/\(name)") }
        let keys = StorageKeys(root: storageRootKey)
        let log = try CatalogueLog(directory: folder, signer: signer, applied: nil) { _, _ in }
        var packs = 0
        var lost: [VaultError] = []
        for (id, fragments) in try find(configuration.providers).sorted(by: { $0.key < $1.key }) {
            do {
                _ = try log.append(record(id, fragments, configuration, keys))
                packs += 1
            } catch let error as VaultError {
                switch error {
                case .unrecoverable, .damaged: lost.append(error)
                default: throw error
                }
            }
        }
        return Outcome(packs: packs, lost: lost)
    }

    /// All fragments at the providers, by pack. Reads their headers only.
    private static func find(_ providers: [DirectoryProvider]) throws -> [Identifier: [Found]] {
        var found: [Identifier: [Found]] = [:]
        for provider in providers {
            try provider.list { name in
                guard let head = try provider.head(name, count: Fragment.headerBytes),
                    let header = FragmentHeader(head[...])
                else { return }
                found[header.pack, default: []].append(
                    Found(header: header, name: name, provider: provider))
            }
        }
        return found
    }

    /// A pack's record: from any k good fragments, with every fragment's name computed again.
    private static func record(
        _ id: Identifier, _ found: [Found], _ configuration: VaultConfiguration, _ keys: StorageKeys
    ) throws(VaultError) -> PackRecord {
        var good: [Int: ArraySlice<UInt8>] = [:]
        var code = configuration.erasureCode
        var size = 0
        for fragment in found where good.count < code.dataShards || good.isEmpty {
            guard let bytes = try? fragment.provider.get(fragment.name),
                Fragment.digest(of: bytes[...]).description == fragment.name
            else { continue }
            code = fragment.header.code
            size = fragment.header.packSize
            good[fragment.header.index] = bytes.dropFirst(Fragment.headerBytes)
        }
        guard let bytes = code.decode(good, size: size) else {
            throw .unrecoverable(pack: id, good: good.count, needed: code.dataShards, failures: [])
        }
        let pack = try Pack(opening: bytes, id: id, keys: keys)
        guard configuration.providers.count >= code.count else {
            throw .refused("pack \(id) needs \(code.count) providers")
        }
        let fallback = FragmentStore.placement(
            id, among: configuration.providers, count: code.count)
        let placed = Fragment.encode(bytes, id: id, code: code).map { fragment in
            let name = Fragment.name(fragment.digest)
            let provider = found.first { $0.name == name }?.provider
            return PackRecord.PlacedFragment(
                provider: (provider ?? fallback[fragment.header.index]).name,
                digest: fragment.digest)
        }
        return PackRecord(pack, code: code, fragments: placed)
    }
}
