// Allocation is measured for the whole process, and two stores on one disk would wait for each other's fsyncs.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
