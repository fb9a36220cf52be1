console.log(JSON.stringify({ options: process.execArgv }));
