import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import com.ning.compress.lzf.LZFOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import net.jpountz.lz4.LZ4BlockOutputStream;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.xxhash.XXHashFactory;
import org.xerial.snappy.SnappyOutputStream;

/** Writes a plain log with the encoders that Spark uses, set up and flushed as Spark's CompressionCodec and EventLogFileWriter do. */
public class Encode {
    interface Codec { OutputStream open(OutputStream out) throws Exception; }

    public static void main(String[] args) throws Exception {
        List<String> lines = Files.readAllLines(Path.of(args[0]));
        write(lines, args[1] + ".zstd", out -> new ZstdOutputStreamNoFinalizer(out).setLevel(1).setCloseFrameOnFlush(true));
        write(lines, args[1] + ".lz4", out -> new LZ4BlockOutputStream(out, 32 << 10,
            LZ4Factory.fastestInstance().fastCompressor(),
            XXHashFactory.fastestInstance().newStreamingHash32(0x9747b28c).asChecksum(), false));
        write(lines, args[1] + ".snappy", out -> new SnappyOutputStream(out, 32 << 10));
        write(lines, args[1] + ".lzf", out -> new LZFOutputStream(out).setFinishBlockOnFlush(true));
        zip(lines, args[1] + ".zip");
    }

    /** A rolling log as the History Server gives it out: see RollingEventLogFilesFileReader.zipEventLogFiles. */
    static void zip(List<String> lines, String path) throws Exception {
        String folder = "eventlog_v2_local-1795177414596/";
        List<List<String>> files = List.of(lines.subList(0, lines.size() / 2), lines.subList(lines.size() / 2, lines.size()));
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(Path.of(path)))) {
            zip.putNextEntry(new ZipEntry(folder));
            zip.closeEntry();
            zip.putNextEntry(new ZipEntry(folder + "appstatus_local-1795177414596"));
            zip.closeEntry();
            for (int file = 0; file < files.size(); file++) {
                zip.putNextEntry(new ZipEntry(folder + "events_" + (file + 1) + "_local-1795177414596"));
                zip.write((String.join("\n", files.get(file)) + "\n").getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
    }

    static void write(List<String> lines, String path, Codec codec) throws Exception {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (OutputStream out = codec.open(file)) {
            for (String line : lines) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                // Not after starts of tasks and stages.
                if (!line.contains("Start\"") && !line.contains("Submitted\"")) {
                    out.flush();
                }
            }
        }
        Files.write(Path.of(path), file.toByteArray());
    }
}
