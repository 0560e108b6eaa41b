import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.history.EventLogFileReader;

/** One file of an event log, decompressed by Spark's own reader, on stdout: java -cp 'SPARK/jars/*' CatLog.java FILE. */
public class CatLog {
  public static void main(String[] args) throws Exception {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    try (InputStream in = EventLogFileReader.openEventLog(new Path(args[0]), fs)) {
      in.transferTo(System.out);
    } finally {
      System.out.flush();
    }
  }
}
