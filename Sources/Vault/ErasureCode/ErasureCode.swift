import CISAL

/// Systematic Reed–Solomon over GF(2^8) with a Cauchy matrix, by Intel ISA-L
/// (https://github.com/intel/isa-l, `erasure_code.h`): any `dataShards` of the
/// `dataShards + parityShards` shards give the data back. Shards carry no check of their own;
/// callers verify them by digest first.
package struct ErasureCode: Hashable, Sendable {
    /// k.
    package let dataShards: Int
    /// m: how many shards may be lost.
    package let parityShards: Int

    package var count: Int { dataShards + parityShards }

    /// Throws `refused` unless 1 ≤ k, 0 ≤ m and k + m ≤ `Limits.shards`.
    package init(dataShards: Int, parityShards: Int) throws(VaultError) {
        guard dataShards >= 1, parityShards >= 0, dataShards + parityShards <= Limits.shards else {
            throw .refused("erasure code \(dataShards)+\(parityShards)")
        }
        self.dataShards = dataShards
        self.parityShards = parityShards
    }

    private init() {
        dataShards = 4
        parityShards = 2
    }

    /// 4+2: two providers of six may be lost at 1.5 times the space.
    package static let standard = ErasureCode()

    /// Bytes in a shard of `size` bytes of data; at least one.
    func shardSize(of size: Int) -> Int { max(1, (size + dataShards - 1) / dataShards) }

    /// Fills in the parity shards of `shards`: `count` pieces of `stride` bytes, each starting with
    /// `header` bytes that the code does not cover.
    package func encode(_ shards: inout [UInt8], stride: Int, header: Int) {
        precondition(shards.count == stride * count)
        guard parityShards > 0 else { return }
        var rows = Array(encodeMatrix[(dataShards * dataShards)...])
        var tables = [UInt8](repeating: 0, count: 32 * dataShards * parityShards)
        ec_init_tables(Int32(dataShards), Int32(parityShards), &rows, &tables)
        shards.withUnsafeMutableBufferPointer { buffer in
            let starts = (0..<count).map { index in
                buffer.baseAddress.map { $0 + stride * index + header }
            }
            var data = Array(starts[..<dataShards])
            var parity = Array(starts[dataShards...])
            ec_encode_data(
                Int32(stride - header), Int32(dataShards), Int32(parityShards), &tables, &data,
                &parity)
        }
    }

    /// The first `size` bytes of the data, from at least k shards given by index. `nil` where too
    /// few were given or their sizes are not what `size` asks for.
    func decode(_ shards: [Int: ArraySlice<UInt8>], size: Int) -> [UInt8]? {
        let shardSize = shardSize(of: size)
        let present = shards.keys.filter { $0 >= 0 && $0 < count }.sorted().prefix(dataShards)
        guard present.count == dataShards,
            present.allSatisfy({ shards[$0]?.count == shardSize })
        else { return nil }
        // The data shards in their places, then the parity shards that stand in for lost ones.
        var buffer: [UInt8] = []
        buffer.reserveCapacity(2 * dataShards * shardSize)
        for index in 0..<dataShards {
            buffer.append(
                contentsOf: shards[index] ?? ArraySlice(repeating: 0, count: shardSize))
        }
        for index in present where index >= dataShards {
            buffer.append(contentsOf: shards[index] ?? [])
        }
        guard fillIn(&buffer, present: Array(present), shardSize) else { return nil }
        buffer.removeLast(buffer.count - size)
        return buffer
    }

    /// Computes the lost data shards into their places in `buffer`, laid out as in `decode`.
    private func fillIn(_ buffer: inout [UInt8], present: [Int], _ size: Int) -> Bool {
        let k = dataShards
        let lost = (0..<k).filter { !present.contains($0) }
        if lost.isEmpty { return true }
        let matrix = encodeMatrix
        var square: [UInt8] = present.flatMap { matrix[$0 * k..<($0 + 1) * k] }
        var inverse = [UInt8](repeating: 0, count: k * k)
        guard gf_invert_matrix(&square, &inverse, Int32(k)) == 0 else { return false }
        var rows: [UInt8] = lost.flatMap { inverse[$0 * k..<($0 + 1) * k] }
        var tables = [UInt8](repeating: 0, count: 32 * k * lost.count)
        ec_init_tables(Int32(k), Int32(lost.count), &rows, &tables)
        let present = present.filter { $0 < k } + Array(k..<(k + lost.count))
        buffer.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress
            var from = present.map { index in base.map { $0 + index * size } }
            var into = lost.map { index in base.map { $0 + index * size } }
            ec_encode_data(Int32(size), Int32(k), Int32(lost.count), &tables, &from, &into)
        }
        return true
    }

    /// The identity for the data shards, then a Cauchy row for each parity shard.
    private var encodeMatrix: [UInt8] {
        var matrix = [UInt8](repeating: 0, count: count * dataShards)
        gf_gen_cauchy1_matrix(&matrix, Int32(count), Int32(dataShards))
        return matrix
    }
}
