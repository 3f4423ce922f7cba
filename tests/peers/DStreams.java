import java.util.Arrays;
import java.util.LinkedList;
import java.util.Queue;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.streaming.Durations;
import org.apache.spark.streaming.api.java.JavaStreamingContext;
import org.apache.spark.streaming.api.java.JavaDStream;
import scala.Tuple2;

/** Word count and grep on DStreams, in Java: in Python each record would go through a Python process. */
public class DStreams {
    public static void main(String[] arguments) throws Exception {
        String workload = arguments[0], folder = arguments[1], needle = arguments[2];
        int filesABatch = Integer.parseInt(arguments[3]), warm = Integer.parseInt(arguments[4]);
        SparkConf conf = new SparkConf().setMaster("local[2]").setAppName("peers").set("spark.ui.enabled", "false")
            .set("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
        JavaStreamingContext context = new JavaStreamingContext(conf, Durations.milliseconds(100));
        context.sparkContext().setLogLevel("ERROR");
        java.io.File[] files = new java.io.File(folder).listFiles((dir, name) -> !name.startsWith("."));
        Arrays.sort(files);
        Queue<JavaRDD<String>> queue = new LinkedList<>();
        for (int from = 0; from < files.length; from += filesABatch) {
            String paths = String.join(",", Arrays.stream(files, from, Math.min(from + filesABatch, files.length))
                .map(java.io.File::getPath).toArray(String[]::new));
            queue.add(context.sparkContext().textFile(paths, 2));
        }
        int batches = queue.size();
        JavaDStream<String> lines = context.queueStream(queue, true);
        long[] told = new long[3]; // batches, nanoseconds when the counted ones began, nanoseconds now
        Object done = new Object();
        java.util.function.LongConsumer each = n -> {
            synchronized (done) {
                told[0] += 1;
                if (told[0] == warm) told[1] = System.nanoTime();
                if (told[0] == batches) { told[2] = System.nanoTime(); done.notifyAll(); }
            }
        };
        if (workload.equals("grep")) {
            lines.filter(line -> line.contains(needle)).foreachRDD(rdd -> { each.accept(rdd.count()); });
        } else {
            String by = workload.equals("words") ? "\\s+" : " ";
            lines.flatMap(line -> Arrays.asList(line.split(by)).iterator()).mapToPair(word -> new Tuple2<>(word, 1L))
                .reduceByKey(Long::sum, 2).foreachRDD(rdd -> { each.accept(rdd.count()); });
        }
        context.start();
        synchronized (done) { while (told[2] == 0) done.wait(); }
        System.out.println("RESULT " + (batches - warm) + " " + (told[2] - told[1]) / 1e9);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
